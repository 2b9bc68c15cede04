namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of rootKeys.deleteRootKey.</summary>
/// <param name="KeyId">Key id of the root key.</param>
internal sealed record RootKeyIdRequest(string KeyId);
