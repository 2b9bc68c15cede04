namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of operations that name one role and nothing else.</summary>
/// <param name="Role">Role id or name.</param>
internal sealed record RoleRequest(string Role);
