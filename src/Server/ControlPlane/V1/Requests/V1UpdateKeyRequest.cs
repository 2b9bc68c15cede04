using System.Text.Json;
using System.Text.Json.Serialization;
using Unkey.Server.ControlPlane.Requests;

namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Body of v1's keys.updateKey; an absent member keeps what is stored.</summary>
internal sealed record V1UpdateKeyRequest
{
    /// <summary>Key id.</summary>
    public required string KeyId { get; init; }

    /// <summary>Display name; null clears it.</summary>
    [JsonConverter(typeof(OptionalConverter<string>))]
    public Optional<string> Name { get; init; }

    /// <summary>Identity to link; null unlinks.</summary>
    [JsonConverter(typeof(OptionalConverter<string>))]
    public Optional<string> ExternalId { get; init; }

    /// <summary>Deprecated spelling of the external id.</summary>
    [JsonConverter(typeof(OptionalConverter<string>))]
    public Optional<string> OwnerId { get; init; }

    /// <summary>Metadata as a whole; null clears it.</summary>
    [JsonConverter(typeof(OptionalConverter<JsonElement>))]
    public Optional<JsonElement> Meta { get; init; }

    /// <summary>Unix milliseconds; null for never.</summary>
    [JsonConverter(typeof(OptionalConverter<long>))]
    public Optional<long> Expires { get; init; }

    /// <summary>The key's rate limit; null for none.</summary>
    [JsonConverter(typeof(OptionalConverter<V1RatelimitInput>))]
    public Optional<V1RatelimitInput> Ratelimit { get; init; }

    /// <summary>Credits; null for unlimited without a refill.</summary>
    [JsonConverter(typeof(OptionalConverter<long>))]
    public Optional<long> Remaining { get; init; }

    /// <summary>Refill of the credits; null clears it.</summary>
    [JsonConverter(typeof(OptionalConverter<RefillInput>))]
    public Optional<RefillInput> Refill { get; init; }

    /// <summary>Whether the key may be used.</summary>
    public bool? Enabled { get; init; }

    /// <summary>All roles of the key.</summary>
    public V1Reference[]? Roles { get; init; }

    /// <summary>All direct permissions of the key.</summary>
    public V1Reference[]? Permissions { get; init; }
}
