namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of operations that name one identity and nothing else.</summary>
/// <param name="Identity">Identity id, or the customer's own id.</param>
internal sealed record IdentityRequest(string Identity);
