using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane;

/// <summary>Metadata as it is stored: compact JSON, numbers as written, of repeated members only the last. Stateless, any thread.</summary>
internal static class MetaText
{
    private const int IdentityBytesMax = 1_048_576;

    /// <summary>The compact text of a metadata object.</summary>
    /// <param name="meta">An object of a body that <see cref="JsonBody"/> parsed, so its depth is bounded.</param>
    public static string Compact(JsonElement meta)
    {
        JsonBuffer buffer = JsonBuffer.Rent();
        try
        {
            Write(buffer.Writer, meta);
            return Encoding.UTF8.GetString(buffer.ToArray());
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>The refusal of an identity's metadata that is too large, or <see langword="null"/>.</summary>
    /// <param name="compact">The compact text.</param>
    public static ApiError? CheckIdentitySize(string compact)
    {
        int bytes = Encoding.UTF8.GetByteCount(compact);
        return bytes <= IdentityBytesMax
            ? null
            : new ApiError(
                ErrorCode.InvalidInput,
                string.Create(
                    CultureInfo.InvariantCulture, $"Metadata is too large: it must be at most 1.0 MB, but is {bytes / 1e6:F1} MB."));
    }

    // BOUND: recursion follows the depth of the body, which JsonBody.DepthMax limits.
    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(writer, value);
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Undefined:
            case JsonValueKind.String:
            case JsonValueKind.Number:
            case JsonValueKind.True:
            case JsonValueKind.False:
            case JsonValueKind.Null:
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void WriteObject(Utf8JsonWriter writer, JsonElement value)
    {
        Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
        foreach (JsonProperty member in value.EnumerateObject())
        {
            members[member.Name] = member.Value;
        }

        writer.WriteStartObject();
        foreach ((string name, JsonElement member) in members)
        {
            writer.WritePropertyName(name);
            Write(writer, member);
        }

        writer.WriteEndObject();
    }
}
