using System;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using Unkey.Protocol;

namespace Unkey.Tests.Oracles;

/// <summary>The tokens of a JSON text as the scanner of the hot requests and System.Text.Json read them, as texts that can be compared.</summary>
internal static class JsonTokens
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The tokens that the scanner reads, or "invalid".</summary>
    /// <exception cref="InvalidOperationException">Its helpers disagree about a text.</exception>
    public static string Scan(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var scanner = new JsonScanner(bytes);

        // BOUND: every token consumes a byte.
        while (true)
        {
            JsonToken token = scanner.Read();
            switch (token)
            {
                case JsonToken.End:
                    return text.ToString();
                case JsonToken.Invalid:
                    return "invalid";
                case JsonToken.Name or JsonToken.String:
                    byte[] decoded = new byte[scanner.RawLength];
                    int length = JsonText.Unescape(scanner.Raw, decoded);
                    if (!scanner.HasEscapes && !scanner.Raw.SequenceEqual(decoded.AsSpan(0, length)))
                    {
                        throw new InvalidOperationException("A text without escapes is not what stands there.");
                    }

                    string value = s_strict.GetString(decoded, 0, length);
                    if (value.EnumerateRunes().Count() != JsonText.CountCodePoints(decoded.AsSpan(0, length)))
                    {
                        throw new InvalidOperationException("The code points of a text are counted wrongly.");
                    }

                    text.Append(CultureInfo.InvariantCulture, $"{token}({value})");
                    break;
                case JsonToken.Number:
                    text.Append(CultureInfo.InvariantCulture, $"{token}({Encoding.ASCII.GetString(scanner.Raw)})");
                    break;
                default:
                    text.Append(token);
                    break;
            }
        }
    }

    /// <summary>The tokens that System.Text.Json reads, or "invalid".</summary>
    public static string Reference(byte[] bytes)
    {
        try
        {
            _ = s_strict.GetCharCount(bytes);
            var text = new StringBuilder();
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = JsonScanner.DepthMax });
            while (reader.Read())
            {
                text.Append(reader.TokenType switch
                {
                    JsonTokenType.StartObject => nameof(JsonToken.ObjectStart),
                    JsonTokenType.EndObject => nameof(JsonToken.ObjectEnd),
                    JsonTokenType.StartArray => nameof(JsonToken.ArrayStart),
                    JsonTokenType.EndArray => nameof(JsonToken.ArrayEnd),
                    JsonTokenType.PropertyName => $"Name({reader.GetString()})",
                    JsonTokenType.String => $"String({reader.GetString()})",
                    JsonTokenType.Number => $"Number({Encoding.ASCII.GetString(reader.ValueSpan)})",
                    JsonTokenType other => other.ToString(),
                });
            }

            return text.ToString();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or DecoderFallbackException)
        {
            return "invalid";
        }
    }
}
