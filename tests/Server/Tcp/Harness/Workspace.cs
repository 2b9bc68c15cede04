namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>What createWorkspace answered, with a client of the new workspace's root key.</summary>
internal sealed record Workspace(string WorkspaceId, string RootKeyId, ApiClient Client);
