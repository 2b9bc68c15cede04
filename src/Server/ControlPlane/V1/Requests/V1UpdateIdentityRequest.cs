using System.Text.Json;

namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Body of v1's identities.updateIdentity; an absent member keeps what is stored.</summary>
/// <param name="IdentityId">Identity id.</param>
/// <param name="ExternalId">The customer's own id; counts when there is no identity id.</param>
/// <param name="Meta">Metadata as a whole.</param>
/// <param name="Ratelimits">All limits of the identity.</param>
internal sealed record V1UpdateIdentityRequest(string? IdentityId, string? ExternalId, JsonElement? Meta, V1IdentityLimit[]? Ratelimits);
