using System.Text.Json;
using Unkey.Server.ControlPlane.Requests;

namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Body of v1's keys.createKey.</summary>
internal sealed record V1CreateKeyRequest
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

    /// <summary>Deprecated spelling of the external id.</summary>
    public string? OwnerId { get; init; }

    /// <summary>Metadata.</summary>
    public JsonElement? Meta { get; init; }

    /// <summary>Names of roles.</summary>
    public string[]? Roles { get; init; }

    /// <summary>Names of permissions.</summary>
    public string[]? Permissions { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long? Expires { get; init; }

    /// <summary>Credits; absent for unlimited.</summary>
    public long? Remaining { get; init; }

    /// <summary>Refill of the credits.</summary>
    public RefillInput? Refill { get; init; }

    /// <summary>The key's rate limit.</summary>
    public V1RatelimitInput? Ratelimit { get; init; }

    /// <summary>Whether the key may be used; absent for yes.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Whether the key is to be stored encrypted.</summary>
    public bool? Recoverable { get; init; }

    /// <summary>Environment that the key is for.</summary>
    public string? Environment { get; init; }
}
