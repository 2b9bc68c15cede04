using System.Text.Json.Serialization;

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of apis.updateApi; an absent member keeps what is stored.</summary>
internal sealed record UpdateApiRequest
{
    /// <summary>API id.</summary>
    public required string ApiId { get; init; }

    /// <summary>Display name.</summary>
    public string? Name { get; init; }

    /// <summary>Whether deleteApi refuses.</summary>
    public bool? DeleteProtection { get; init; }

    /// <summary>Exact addresses from which keys may be verified; null or empty for any.</summary>
    [JsonConverter(typeof(OptionalConverter<string[]>))]
    public Optional<string[]> IpAllowList { get; init; }

    /// <summary>Prefix of new keys.</summary>
    [JsonConverter(typeof(OptionalConverter<string>))]
    public Optional<string> DefaultPrefix { get; init; }

    /// <summary>Random bytes of new keys.</summary>
    [JsonConverter(typeof(OptionalConverter<long>))]
    public Optional<long> DefaultBytes { get; init; }

    /// <summary>Whether recoverable keys are admitted.</summary>
    public bool? StoreEncryptedKeys { get; init; }

    /// <summary>Whether new keys end in a checksum.</summary>
    public bool? KeyChecksum { get; init; }
}
