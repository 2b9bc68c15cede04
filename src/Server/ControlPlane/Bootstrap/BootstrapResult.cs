namespace Unkey.Server.ControlPlane.Bootstrap;

/// <summary>What a start found or made. Immutable.</summary>
/// <param name="Root">Where root keys live.</param>
/// <param name="WorkspaceId">The default workspace.</param>
/// <param name="KeyId">Key id of the bootstrap root key.</param>
/// <param name="MadeSecret">The bootstrap root key, only when this start has made one; shown once, never logged.</param>
/// <param name="IsFirstStart">Whether the store was empty.</param>
/// <param name="ReplacedKeyId">Key id of the bootstrap root key that a newly given one has replaced.</param>
internal sealed record BootstrapResult(
    RootKeyspace Root, string WorkspaceId, string KeyId, string? MadeSecret, bool IsFirstStart, string? ReplacedKeyId)
{
    /// <summary>Keeps the secret out of any text made of the record.</summary>
    public override string ToString() => $"{nameof(BootstrapResult)} {{ WorkspaceId = {WorkspaceId}, KeyId = {KeyId} }}";
}
