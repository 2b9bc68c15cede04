using System.Text.Json;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>An override of a rate-limit namespace as the API shows it. Immutable.</summary>
/// <param name="Id">Override id.</param>
/// <param name="Identifier">Its own text, which may be a pattern.</param>
/// <param name="Limit">Tokens a duration.</param>
/// <param name="DurationMs">Duration in milliseconds.</param>
internal sealed record OverrideData(string Id, string Identifier, long Limit, long DurationMs) : IResponseData
{
    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("overrideId"u8, Id);
        writer.WriteString("identifier"u8, Identifier);
        writer.WriteNumber("limit"u8, Limit);
        writer.WriteNumber("duration"u8, DurationMs);
        writer.WriteEndObject();
    }
}
