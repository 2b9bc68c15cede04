using System.Text.Json;

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of identities.createIdentity.</summary>
/// <param name="ExternalId">The customer's own id.</param>
/// <param name="Meta">Metadata.</param>
/// <param name="Ratelimits">Limits that all keys of the identity share.</param>
internal sealed record CreateIdentityRequest(string ExternalId, JsonElement? Meta, RatelimitInput[]? Ratelimits);
