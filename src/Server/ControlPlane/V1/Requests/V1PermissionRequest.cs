namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Input of v1's operations that name one permission and nothing else.</summary>
/// <param name="PermissionId">Permission id.</param>
internal sealed record V1PermissionRequest(string PermissionId);
