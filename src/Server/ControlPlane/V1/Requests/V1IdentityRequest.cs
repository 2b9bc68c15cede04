namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Query of v1's identities.getIdentity.</summary>
/// <param name="IdentityId">Identity id.</param>
/// <param name="ExternalId">The customer's own id; counts when there is no identity id.</param>
internal sealed record V1IdentityRequest(string? IdentityId, string? ExternalId);
