using System.Text.Json;
using System.Text.Json.Serialization;

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of keys.updateKey; an absent member keeps what is stored.</summary>
internal sealed record UpdateKeyRequest
{
    /// <summary>Key id.</summary>
    public required string KeyId { get; init; }

    /// <summary>Display name; null clears it.</summary>
    [JsonConverter(typeof(OptionalConverter<string>))]
    public Optional<string> Name { get; init; }

    /// <summary>Identity to link; null unlinks.</summary>
    [JsonConverter(typeof(OptionalConverter<string>))]
    public Optional<string> ExternalId { get; init; }

    /// <summary>Metadata as a whole; null clears it.</summary>
    [JsonConverter(typeof(OptionalConverter<JsonElement>))]
    public Optional<JsonElement> Meta { get; init; }

    /// <summary>Unix milliseconds; null for never.</summary>
    [JsonConverter(typeof(OptionalConverter<long>))]
    public Optional<long> Expires { get; init; }

    /// <summary>Credits; null for unlimited without a refill.</summary>
    [JsonConverter(typeof(OptionalConverter<UpdateCreditsInput>))]
    public Optional<UpdateCreditsInput> Credits { get; init; }

    /// <summary>All own limits of the key.</summary>
    public RatelimitInput[]? Ratelimits { get; init; }

    /// <summary>Whether the key may be used.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Names of all roles of the key.</summary>
    public string[]? Roles { get; init; }

    /// <summary>Slugs of all direct permissions of the key.</summary>
    public string[]? Permissions { get; init; }
}
