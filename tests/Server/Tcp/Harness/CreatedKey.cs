namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>What createKey answered.</summary>
internal sealed record CreatedKey(string KeyId, string Key, string ApiId);
