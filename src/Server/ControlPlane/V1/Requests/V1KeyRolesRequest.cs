namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Body of v1's operations on the roles of a key.</summary>
/// <param name="KeyId">Key id.</param>
/// <param name="Roles">Roles.</param>
internal sealed record V1KeyRolesRequest(string KeyId, V1Reference[] Roles);
