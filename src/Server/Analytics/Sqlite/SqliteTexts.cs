using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace Unkey.Server.Analytics.Sqlite;

/// <summary>Texts, arrays and JSON as ClickHouse takes them. Stateless, any thread.</summary>
internal static class SqliteTexts
{
    private const int LikeStepsMax = 20_000_000;

    /// <summary>Bytes of a text from a place, counted from 1, or from the end when negative.</summary>
    public static string Substring(ReadOnlySpan<byte> text, long offset, long length)
    {
        if (offset == 0)
        {
            return "";
        }

        long start = offset > 0 ? offset - 1 : text.Length + offset;
        long end = length < 0 ? text.Length + length : length > long.MaxValue / 2 ? text.Length : start + length;
        start = Math.Clamp(start, 0, text.Length);
        end = Math.Clamp(end, start, text.Length);
        return Encoding.UTF8.GetString(text[(int)start..(int)end]);
    }

    /// <summary>Whether a text is like a pattern: <c>%</c> any characters, <c>_</c> one, a backslash before either itself.</summary>
    /// <remarks>Linear but for one point of return: O(text * pattern) at worst, and no further than a number of steps, because nothing else can end it.</remarks>
    /// <exception cref="AnalyticsException">It takes too many steps.</exception>
    public static bool IsLike(string text, string pattern, bool ignoresCase)
    {
        int t = 0;
        int p = 0;
        int starPattern = -1;
        int starText = 0;

        // BOUND: every turn moves one of the three places forward, and takes a step.
        for (int steps = 0; t < text.Length; steps++)
        {
            if (steps == LikeStepsMax)
            {
                throw AnalyticsException.Query("A pattern of LIKE takes too long to find in a value; use a shorter one");
            }

            if (p < pattern.Length && pattern[p] == '%')
            {
                starPattern = ++p;
                starText = t;
                continue;
            }

            if (p < pattern.Length)
            {
                bool isEscaped = pattern[p] == '\\' && p + 1 < pattern.Length;
                char wanted = pattern[isEscaped ? p + 1 : p];
                if ((!isEscaped && wanted == '_') || text[t] == wanted || (ignoresCase && char.ToUpperInvariant(text[t]) == char.ToUpperInvariant(wanted)))
                {
                    // One character may be two of UTF-16.
                    t += wanted == '_' && !isEscaped && char.IsHighSurrogate(text[t]) && t + 1 < text.Length ? 2 : 1;
                    p += isEscaped ? 2 : 1;
                    continue;
                }
            }

            if (starPattern < 0)
            {
                return false;
            }

            p = starPattern;
            t = ++starText;
        }

        while (p < pattern.Length && pattern[p] == '%')
        {
            p++;
        }

        return p == pattern.Length;
    }

    /// <summary>An array as the store writes them, so that equal arrays are equal texts.</summary>
    public static string Array(string json, long itemsMax)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes))
        {
            writer.WriteStartArray();
            long count = 0;
            foreach (JsonElement item in document.RootElement.EnumerateArray())
            {
                if (count++ >= itemsMax)
                {
                    break;
                }

                if (item.ValueKind == JsonValueKind.String)
                {
                    writer.WriteStringValue(item.GetString());
                }
                else
                {
                    item.WriteTo(writer);
                }
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>A text inside JSON, as <c>JSONExtractString</c> finds it; empty when there is none.</summary>
    /// <param name="json">Any text.</param>
    /// <param name="path">Names of members, and places counted from 1, or from the end when negative.</param>
    public static string Json(string json, IReadOnlyList<object> path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement element = document.RootElement;
            foreach (object step in path)
            {
                if (!TryStep(element, step, out element))
                {
                    return "";
                }
            }

            return element.ValueKind switch { JsonValueKind.String => element.GetString()!, JsonValueKind.Null => "", _ => element.GetRawText() };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter: half of a surrogate pair as an escape.
            return "";
        }
    }

    private static bool TryStep(JsonElement element, object step, out JsonElement inner)
    {
        inner = default;
        if (step is string name)
        {
            return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out inner);
        }

        long count = element.ValueKind == JsonValueKind.Array ? element.GetArrayLength() : element.ValueKind == JsonValueKind.Object ? element.GetPropertyCount() : 0;
        long index = (long)step > 0 ? (long)step - 1 : count + (long)step;
        if ((long)step == 0 || index < 0 || index >= count)
        {
            return false;
        }

        if (element.ValueKind == JsonValueKind.Array)
        {
            inner = element[(int)index];
            return true;
        }

        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (index-- == 0)
            {
                inner = member.Value;
                return true;
            }
        }

        return false;
    }
}
