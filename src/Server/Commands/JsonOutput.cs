using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands;

/// <summary>Prints parts of an answer. One thread.</summary>
internal static class JsonOutput
{
    /// <summary>Prints an element as indented JSON and ends the line.</summary>
    /// <param name="output">Where to print.</param>
    /// <param name="element">What to print.</param>
    public static void Write(TextWriter output, JsonElement element)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            element.WriteTo(json);
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    /// <summary>Prints elements as a JSON array, one a line.</summary>
    /// <param name="output">Where to print.</param>
    /// <param name="elements">What to print.</param>
    public static void WriteList(TextWriter output, IReadOnlyList<JsonElement> elements)
    {
        output.WriteLine("[");
        for (int i = 0; i < elements.Count; i++)
        {
            output.WriteLine(elements[i].GetRawText() + (i + 1 < elements.Count ? "," : ""));
        }

        output.WriteLine("]");
    }

    /// <summary>Where the next page of a list starts.</summary>
    /// <param name="answer">A whole answer of a list operation.</param>
    /// <returns>The cursor, or <see langword="null"/> on the last page.</returns>
    public static string? NextCursor(JsonElement answer) =>
        answer.TryGetProperty("pagination", out JsonElement pagination)
        && pagination.TryGetProperty("hasMore", out JsonElement hasMore) && hasMore.ValueKind == JsonValueKind.True
        && pagination.TryGetProperty("cursor", out JsonElement cursor) ? cursor.GetString() : null;

    /// <summary>A member as text that is safe on a terminal.</summary>
    /// <param name="element">An object.</param>
    /// <param name="name">Name of the member.</param>
    /// <returns>The text of a string, the JSON of anything else, or empty when it is absent.</returns>
    public static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            ? TextSafety.Escape(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText())
            : "";
}
