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

    /// <summary>A member as text that is safe on a terminal.</summary>
    /// <param name="element">An object.</param>
    /// <param name="name">Name of the member.</param>
    /// <returns>The text of a string, the JSON of anything else, or empty when it is absent.</returns>
    public static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            ? TextSafety.Escape(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText())
            : "";
}
