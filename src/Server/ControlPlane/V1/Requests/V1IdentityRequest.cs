namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Input of v1's operations that name identities and nothing else.</summary>
/// <param name="IdentityId">Identity id.</param>
/// <param name="ExternalId">The customer's own id; counts when there is no identity id.</param>
/// <param name="Limit">Page size of a list.</param>
/// <param name="Cursor">Id of the last identity of the page before.</param>
internal sealed record V1IdentityRequest(string? IdentityId, string? ExternalId, long? Limit, string? Cursor);
