namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Body of v1's operations on the permissions of a key.</summary>
/// <param name="KeyId">Key id.</param>
/// <param name="Permissions">Permissions.</param>
internal sealed record V1KeyPermissionsRequest(string KeyId, V1Reference[] Permissions);
