using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using Unkey.Protocol;

namespace Unkey.Tests.Oracles;

/// <summary>A permission query of the old API, which is JSON, as the query language that the engine evaluates.</summary>
internal static class V1PermissionOutcome
{
    /// <summary>The query that is evaluated, "refused", or "broken" when the body is no JSON.</summary>
    public static string Translate(V1PermissionQuery query, ReadOnlySpan<byte> json)
    {
        query.Reset();
        var scanner = new JsonScanner(json);
        if (!query.TryRead(ref scanner, out bool isValid) || scanner.Read() != JsonToken.End)
        {
            return "broken";
        }

        return isValid ? Encoding.UTF8.GetString(Array.ConvertAll(query.Bytes.ToArray(), static b => b == V1PermissionQuery.Quote ? (byte)'\'' : b)) : "refused";
    }

    /// <summary>The same over a document of System.Text.Json, where a broken body is refused too.</summary>
    public static string Reference(byte[] json)
    {
        try
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(json);
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = JsonScanner.DepthMax });
            JsonReference.DemandText(document.RootElement);
            return document.RootElement.ValueKind == JsonValueKind.Null ? "" : Query(document.RootElement);
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or DecoderFallbackException or FormatException)
        {
            return "refused";
        }
    }

    private static string Query(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return $"'{value.GetString()}'";
        }

        Dictionary<string, JsonElement> members = JsonReference.Members(value, firstWins: false);
        bool isAnd = members.TryGetValue("and", out JsonElement items);
        if (isAnd == members.TryGetValue("or", out JsonElement alternatives))
        {
            throw new FormatException();
        }

        string[] parts = [.. (isAnd ? items : alternatives).EnumerateArray().Where(item => item.ValueKind != JsonValueKind.Null).Select(Query)];
        return parts.Length > 0 ? "(" + string.Join(isAnd ? "AND" : "OR", parts) + ")" : throw new FormatException();
    }
}
