using System.Text.Json;

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of identities.updateIdentity; an absent member keeps what is stored.</summary>
/// <param name="Identity">Identity id, or the customer's own id.</param>
/// <param name="Meta">Metadata as a whole.</param>
/// <param name="Ratelimits">All limits of the identity.</param>
internal sealed record UpdateIdentityRequest(string Identity, JsonElement? Meta, RatelimitInput[]? Ratelimits);
