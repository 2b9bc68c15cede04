namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of operations that name one permission and nothing else.</summary>
/// <param name="Permission">Permission id or slug.</param>
internal sealed record PermissionRequest(string Permission);
