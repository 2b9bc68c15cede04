namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of permissions.createPermission.</summary>
/// <param name="Name">Display name.</param>
/// <param name="Slug">Slug.</param>
/// <param name="Description">Description; empty for none.</param>
internal sealed record CreatePermissionRequest(string Name, string Slug, string? Description);
