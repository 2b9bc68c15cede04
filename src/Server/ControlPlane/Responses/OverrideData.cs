using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>An override of a rate-limit namespace as the API shows it. Immutable.</summary>
/// <param name="Id">Override id.</param>
/// <param name="Identifier">Its own text, which may be a pattern.</param>
/// <param name="Limit">Tokens a duration.</param>
/// <param name="DurationMs">Duration in milliseconds.</param>
internal sealed record OverrideData(string Id, string Identifier, long Limit, long DurationMs) : IResponseData
{
    /// <summary>What <see cref="WriteTo"/> writes.</summary>
    public static SchemaNode Schema { get; } = SchemaNode.Closed(
        SchemaProperty.Required("overrideId", ResponseSchemas.Id("Id of the override.")),
        SchemaProperty.Required("identifier", SchemaNode.Text(1).Described("Its own text, which may be a pattern.")),
        SchemaProperty.Required("limit", SchemaNode.Integer(0).Described("Tokens in one duration; 0 denies everything.")),
        SchemaProperty.Required("duration", SchemaNode.Integer(1).Described("Milliseconds.")))
        .Named("Override");

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
