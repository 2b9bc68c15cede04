namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of rootKeys.createRootKey.</summary>
/// <param name="Name">Display name.</param>
/// <param name="Permissions">What the new root key may do.</param>
/// <param name="Expires">Unix milliseconds.</param>
internal sealed record CreateRootKeyRequest(string? Name, string[] Permissions, long? Expires);
