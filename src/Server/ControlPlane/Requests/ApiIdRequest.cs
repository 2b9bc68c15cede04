namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of operations that name one API and nothing else.</summary>
/// <param name="ApiId">API id.</param>
internal sealed record ApiIdRequest(string ApiId);
