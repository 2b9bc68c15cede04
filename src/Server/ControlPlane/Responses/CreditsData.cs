using System.Text.Json;
using Unkey.Server.ControlPlane.Requests;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>Credits as keys show them. Immutable.</summary>
/// <param name="Remaining">The balance; <see langword="null"/> for unlimited.</param>
/// <param name="RefillAmount">Balance that a refill sets; <see langword="null"/> for no refill.</param>
/// <param name="RefillDay">Day of a monthly refill; <see langword="null"/> for a daily one.</param>
internal sealed record CreditsData(long? Remaining, long? RefillAmount, long? RefillDay) : IResponseData
{
    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (Remaining is { } remaining)
        {
            writer.WriteNumber("remaining"u8, remaining);
        }
        else
        {
            writer.WriteNull("remaining"u8);
        }

        if (RefillAmount is { } amount)
        {
            writer.WriteStartObject("refill"u8);
            writer.WriteString("interval"u8, RefillDay is null ? RefillInput.Daily : RefillInput.Monthly);
            writer.WriteNumber("amount"u8, amount);
            if (RefillDay is { } day)
            {
                writer.WriteNumber("refillDay"u8, day);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
