using System.Text.Json;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>An override of a rate-limit namespace as v1 shows it. Immutable.</summary>
/// <param name="Id">Override id.</param>
/// <param name="Identifier">Its own text, which may be a pattern.</param>
/// <param name="Limit">Tokens a duration.</param>
/// <param name="DurationMs">Duration in milliseconds.</param>
internal sealed record V1OverrideData(string Id, string Identifier, long Limit, long DurationMs) : IResponseData
{
    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, Id);
        writer.WriteString("identifier"u8, Identifier);
        writer.WriteNumber("limit"u8, Limit);
        writer.WriteNumber("duration"u8, DurationMs);
        writer.WriteBoolean("async"u8, false);
        writer.WriteEndObject();
    }
}
