using System.Text.Json;

namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Body of v1's identities.createIdentity.</summary>
/// <param name="ExternalId">The customer's own id.</param>
/// <param name="Meta">Metadata.</param>
/// <param name="Ratelimits">Limits that all keys of the identity share.</param>
internal sealed record V1CreateIdentityRequest(string ExternalId, JsonElement? Meta, V1IdentityLimit[]? Ratelimits);
