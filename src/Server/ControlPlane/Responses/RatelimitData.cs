using System.Collections.Generic;
using System.Text.Json;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>Writes configured rate limits the way keys and identities show them. Stateless, any thread.</summary>
internal static class RatelimitData
{
    /// <summary>Writes the member <c>ratelimits</c>, unless there is none.</summary>
    public static void WriteMember(Utf8JsonWriter writer, IReadOnlyList<RatelimitRow> limits)
    {
        if (limits.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("ratelimits"u8);
        foreach (RatelimitRow limit in limits)
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, limit.Id);
            writer.WriteString("name"u8, limit.Name);
            writer.WriteNumber("limit"u8, limit.Limit);
            writer.WriteNumber("duration"u8, limit.DurationMs);
            writer.WriteBoolean("autoApply"u8, limit.AutoApply);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes the member <c>meta</c> from its stored text, unless it is absent or empty.</summary>
    public static void WriteMeta(Utf8JsonWriter writer, string? meta)
    {
        if (meta is not (null or "{}"))
        {
            writer.WritePropertyName("meta"u8);

            // Stored by MetaText, so it is one valid JSON object.
            writer.WriteRawValue(meta, skipInputValidation: true);
        }
    }
}
