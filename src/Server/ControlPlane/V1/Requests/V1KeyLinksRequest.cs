namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Body of v1's operations on the permissions or the roles of a key.</summary>
/// <param name="KeyId">Key id.</param>
/// <param name="Permissions">Permissions; of the operations on permissions.</param>
/// <param name="Roles">Roles; of the operations on roles.</param>
internal sealed record V1KeyLinksRequest(string KeyId, V1Reference[]? Permissions, V1Reference[]? Roles);
