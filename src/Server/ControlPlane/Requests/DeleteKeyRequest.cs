namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of keys.deleteKey.</summary>
/// <param name="KeyId">Key id.</param>
/// <param name="Permanent">Whether the record goes as well.</param>
internal sealed record DeleteKeyRequest(string KeyId, bool? Permanent);
