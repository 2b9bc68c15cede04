using System.Text.Json.Serialization;

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Credits in an update of a key; both members have three states.</summary>
internal sealed record UpdateCreditsInput
{
    /// <summary>Balance; null for unlimited, which also clears the refill.</summary>
    [JsonConverter(typeof(OptionalConverter<long>))]
    public Optional<long> Remaining { get; init; }

    /// <summary>Refill; null clears it.</summary>
    [JsonConverter(typeof(OptionalConverter<RefillInput>))]
    public Optional<RefillInput> Refill { get; init; }
}
