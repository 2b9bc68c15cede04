namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Input of v1's operations that name one role and nothing else.</summary>
/// <param name="RoleId">Role id.</param>
internal sealed record V1RoleRequest(string RoleId);
