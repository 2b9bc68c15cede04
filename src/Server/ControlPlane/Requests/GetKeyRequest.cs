namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of keys.getKey.</summary>
/// <param name="KeyId">Key id.</param>
/// <param name="Decrypt">Whether the plaintext is wanted.</param>
internal sealed record GetKeyRequest(string KeyId, bool? Decrypt);
