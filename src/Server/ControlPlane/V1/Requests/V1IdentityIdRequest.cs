namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Body of v1's identities.deleteIdentity.</summary>
/// <param name="IdentityId">Identity id.</param>
internal sealed record V1IdentityIdRequest(string IdentityId);
