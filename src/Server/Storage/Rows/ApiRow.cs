namespace Unkey.Server.Storage.Rows;

/// <summary>A stored API together with its keyspace. Immutable.</summary>
/// <param name="Id">API id.</param>
/// <param name="WorkspaceId">Owning workspace.</param>
/// <param name="KeyspaceId">Keyspace that holds its keys; <see langword="null"/> when it has none.</param>
/// <param name="Name">Display name.</param>
/// <param name="IpAllowList">JSON array of exact addresses; <see langword="null"/> for no check.</param>
/// <param name="IsDeleteProtected">Whether deleteApi refuses.</param>
/// <param name="DefaultPrefix">Prefix of new keys, from the keyspace.</param>
/// <param name="DefaultBytes">Random bytes of new keys, from the keyspace.</param>
/// <param name="StoresEncryptedKeys">Whether recoverable keys are admitted, from the keyspace.</param>
/// <param name="HasKeyChecksums">Whether new keys end in a checksum, from the keyspace.</param>
/// <param name="IsDeleted">Whether it has been deleted.</param>
internal sealed record ApiRow(
    string Id,
    string WorkspaceId,
    string? KeyspaceId,
    string Name,
    string? IpAllowList,
    bool IsDeleteProtected,
    string? DefaultPrefix,
    long? DefaultBytes,
    bool StoresEncryptedKeys,
    bool HasKeyChecksums,
    bool IsDeleted);
