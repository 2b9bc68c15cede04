namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of keys.rerollKey.</summary>
/// <param name="KeyId">Key id.</param>
/// <param name="Expiration">Milliseconds that the old key goes on; 0 ends it at once.</param>
internal sealed record RerollKeyRequest(string KeyId, long Expiration);
