namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Body of v1's permissions.createPermission.</summary>
/// <param name="Name">Name.</param>
/// <param name="Slug">Slug; absent for the name.</param>
/// <param name="Description">Description; empty for none.</param>
internal sealed record V1CreatePermissionRequest(string Name, string? Slug, string? Description);
