namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of keys.addPermissions, removePermissions and setPermissions.</summary>
/// <param name="KeyId">Key id.</param>
/// <param name="Permissions">Slugs.</param>
internal sealed record KeyPermissionsRequest(string KeyId, string[] Permissions);
