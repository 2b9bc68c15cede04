namespace Unkey.Server.ControlPlane;

/// <summary>The operator's own workspace, where root keys live; no endpoint can reach it. Immutable.</summary>
/// <param name="WorkspaceId">Id of the operator's workspace.</param>
/// <param name="KeyspaceId">Keyspace of all root keys.</param>
internal sealed record RootKeyspace(string WorkspaceId, string KeyspaceId);
