using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using Unkey.Protocol;

namespace Unkey.Tests.Oracles;

/// <summary>The requests of rate limits as the reader of the hot path and as the contract understand them, as texts that can be compared; "refused" when they are none.</summary>
internal static class RatelimitOutcome
{
    private const int TextMax = 512;
    private const long MonthMs = 2_592_000_000;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What the reader makes of a body, for the three operations.</summary>
    public static string Read(RatelimitRequestReader reader, ReadOnlySpan<byte> body) =>
        $"one {Describe(reader, reader.TryReadOne(body))} many {Describe(reader, reader.TryReadMany(body))} v1 {Describe(reader, reader.TryReadV1(body))}";

    /// <summary>The contract over a document of System.Text.Json.</summary>
    public static string Reference(byte[] body) =>
        $"one {Judge(body, static root => [Check(root)])} many {Judge(body, Many)} v1 {Judge(body, static root => [V1Check(root)])}";

    private static string Describe(RatelimitRequestReader reader, bool isRead)
    {
        if (!isRead)
        {
            return "refused";
        }

        List<string> checks = [];
        foreach (RatelimitCheck check in reader.Checks)
        {
            string space = s_strict.GetString(reader.Texts.Slice(check.NamespaceOffset, check.NamespaceLength));
            string identifier = s_strict.GetString(reader.Texts.Slice(check.IdentifierOffset, check.IdentifierLength));
            checks.Add($"{space}:{identifier}:{check.Limit}:{check.DurationMs}:{check.Cost}");
        }

        return string.Join('|', checks);
    }

    private static string Judge(byte[] body, Func<JsonElement, IEnumerable<string>> read)
    {
        try
        {
            _ = s_strict.GetCharCount(body);
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = JsonScanner.DepthMax });
            JsonReference.DemandText(document.RootElement);
            return string.Join('|', read(document.RootElement));
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or DecoderFallbackException or FormatException)
        {
            return "refused";
        }
    }

    private static List<string> Many(JsonElement root)
    {
        List<string> checks = [.. root.EnumerateArray().Select(Check)];
        return checks.Count is >= 1 and <= RatelimitRequestReader.ChecksMax ? checks : throw new FormatException();
    }

    private static string Check(JsonElement item)
    {
        Dictionary<string, JsonElement> members = JsonReference.Members(item, false, "namespace", "identifier", "limit", "duration", "cost");
        return $"{JsonReference.String(Demand(members, "namespace"), 1, TextMax)}:{JsonReference.String(Demand(members, "identifier"), 1, TextMax)}"
            + Numbers(members, MonthMs);
    }

    private static string V1Check(JsonElement item)
    {
        Dictionary<string, JsonElement> members = JsonReference.Members(item, false);
        string space = members.TryGetValue("namespace", out JsonElement value) ? JsonReference.String(value, 1, TextMax) : "default";
        return $"{space}:{JsonReference.String(Demand(members, "identifier"), 1, RatelimitRequestReader.V1IdentifierLengthMax)}{Numbers(members, long.MaxValue)}";
    }

    private static string Numbers(Dictionary<string, JsonElement> members, long durationMax)
    {
        long limit = JsonReference.Integer(Demand(members, "limit"), long.MaxValue);
        long duration = JsonReference.Integer(Demand(members, "duration"), durationMax);
        long cost = members.TryGetValue("cost", out JsonElement given) ? JsonReference.Integer(given, long.MaxValue) : 1;
        return limit >= 1 && duration >= 1000 ? $":{limit}:{duration}:{cost}" : throw new FormatException();
    }

    private static JsonElement Demand(Dictionary<string, JsonElement> members, string name) =>
        members.TryGetValue(name, out JsonElement value) ? value : throw new FormatException();
}
