namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Body of v1's permissions.createRole.</summary>
/// <param name="Name">Name.</param>
/// <param name="Description">Description; empty for none.</param>
internal sealed record V1CreateRoleRequest(string Name, string? Description);
