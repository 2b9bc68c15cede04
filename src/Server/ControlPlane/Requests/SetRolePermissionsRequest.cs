namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of permissions.setRolePermissions.</summary>
/// <param name="RoleId">Role id.</param>
/// <param name="Permissions">All slugs afterwards; missing ones are created.</param>
internal sealed record SetRolePermissionsRequest(string RoleId, string[] Permissions);
