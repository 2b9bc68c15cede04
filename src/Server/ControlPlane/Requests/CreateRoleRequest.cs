namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of permissions.createRole.</summary>
/// <param name="Name">Name.</param>
/// <param name="Description">Description; empty for none.</param>
/// <param name="Permissions">Slugs; missing ones are created.</param>
internal sealed record CreateRoleRequest(string Name, string? Description, string[]? Permissions);
