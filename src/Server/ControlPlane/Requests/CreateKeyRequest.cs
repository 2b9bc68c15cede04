using System.Text.Json;

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of keys.createKey.</summary>
internal sealed record CreateKeyRequest
{
    /// <summary>API that gets the key.</summary>
    public required string ApiId { get; init; }

    /// <summary>Prefix; absent for the API's default.</summary>
    public string? Prefix { get; init; }

    /// <summary>Display name.</summary>
    public string? Name { get; init; }

    /// <summary>Random bytes, 16 to 255; absent for the API's default.</summary>
    public long? ByteLength { get; init; }

    /// <summary>The customer's own id of the identity to link.</summary>
    public string? ExternalId { get; init; }

    /// <summary>Metadata.</summary>
    public JsonElement? Meta { get; init; }

    /// <summary>Names of existing roles.</summary>
    public string[]? Roles { get; init; }

    /// <summary>Slugs; missing ones are created.</summary>
    public string[]? Permissions { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long? Expires { get; init; }

    /// <summary>Credits; absent for unlimited.</summary>
    public CreditsInput? Credits { get; init; }

    /// <summary>The key's own rate limits.</summary>
    public RatelimitInput[]? Ratelimits { get; init; }

    /// <summary>Whether the key may be used; absent for yes.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Whether the key is to be stored encrypted.</summary>
    public bool? Recoverable { get; init; }
}
