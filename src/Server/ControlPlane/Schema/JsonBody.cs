using System;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace Unkey.Server.ControlPlane.Schema;

/// <summary>Parses a request body strictly: one RFC 8259 value, valid UTF-8, no lone surrogate, bounded depth. Stateless, any thread.</summary>
internal static class JsonBody
{
    /// <summary>Deepest nesting that is accepted; deeper bodies are refused as malformed.</summary>
    public const int DepthMax = 64;

    private static readonly JsonReaderOptions s_readerOptions = new() { MaxDepth = DepthMax };
    private static readonly JsonDocumentOptions s_documentOptions = new() { MaxDepth = DepthMax };

    /// <summary>Parses a body.</summary>
    /// <param name="body">The bytes; the document refers to them, so they must outlive it.</param>
    /// <param name="document">On success the parsed document; the caller disposes it.</param>
    /// <param name="problem">On failure what is wrong, for people, with a line and byte position where one is known; no text of the client.</param>
    public static bool TryParse(
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out JsonDocument? document,
        [NotNullWhen(false)] out string? problem)
    {
        document = null;
        if (!Utf8.IsValid(body.Span))
        {
            problem = "body is not valid UTF-8";
            return false;
        }

        try
        {
            if (HasLoneSurrogate(body.Span))
            {
                problem = "body contains an escaped surrogate without its partner";
                return false;
            }

            document = JsonDocument.Parse(body, s_documentOptions);
            problem = null;
            return true;
        }
        catch (JsonException exception)
        {
            problem = $"invalid JSON at line {exception.LineNumber + 1 ?? 1}, byte {exception.BytePositionInLine ?? 0}";
            return false;
        }
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<byte> body)
    {
        // RFC: 8259 section 8.2 leaves the meaning of unpaired surrogates open; two readers could disagree, so they are refused.
        if (body.IndexOf("\\u"u8) < 0)
        {
            return false;
        }

        Utf8JsonReader reader = new(body, s_readerOptions);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName
                && reader.ValueIsEscaped
                && HasLoneSurrogateEscape(reader.ValueSpan))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasLoneSurrogateEscape(ReadOnlySpan<byte> escaped)
    {
        bool expectsLow = false;
        for (int i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] != (byte)'\\')
            {
                if (expectsLow)
                {
                    return true;
                }

                continue;
            }

            i++;
            bool isUnit = escaped[i] == (byte)'u';
            int unit = isUnit ? Hex(escaped.Slice(i + 1, 4)) : 0;
            bool isLow = unit is >= 0xDC00 and <= 0xDFFF;
            if (isLow != expectsLow)
            {
                return true;
            }

            expectsLow = unit is >= 0xD800 and <= 0xDBFF;
            i += isUnit ? 4 : 0;
        }

        return expectsLow;
    }

    private static int Hex(ReadOnlySpan<byte> digits)
    {
        int value = 0;
        foreach (byte digit in digits)
        {
            // The reader has already checked that these are hexadecimal digits.
            value = (value << 4) | ((digit & 0xF) + (digit > (byte)'9' ? 9 : 0));
        }

        return value;
    }
}
