namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of keys.addRoles, removeRoles and setRoles.</summary>
/// <param name="KeyId">Key id.</param>
/// <param name="Roles">Names of existing roles.</param>
internal sealed record KeyRolesRequest(string KeyId, string[] Roles);
