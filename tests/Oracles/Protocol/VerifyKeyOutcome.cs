using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using Unkey.Protocol;

namespace Unkey.Tests.Oracles;

/// <summary>A verifyKey request as the reader of the hot path and as the contract understand it, as texts that can be compared; "refused" when it is none.</summary>
internal static class VerifyKeyOutcome
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What the reader makes of a body.</summary>
    public static string Read(VerifyKeyRequestReader reader, ReadOnlySpan<byte> body)
    {
        if (!reader.TryRead(body, out VerifyKeyRequest request))
        {
            return "refused";
        }

        var tags = new List<string>();
        for (int i = 0; i < request.TagCount; i++)
        {
            tags.Add(s_strict.GetString(request.Tag(i)));
        }

        var limits = new List<string>();
        for (int i = 0; i < request.Limits.Length; i++)
        {
            VerifyKeyLimit limit = request.Limits[i];
            string capacity = limit.HasLimit ? limit.Limit.ToString(CultureInfo.InvariantCulture) : "-";
            string duration = limit.HasDuration ? limit.DurationMs.ToString(CultureInfo.InvariantCulture) : "-";
            limits.Add($"{s_strict.GetString(request.LimitName(i))}:{limit.Cost}:{capacity}:{duration}");
        }

        return $"key={s_strict.GetString(request.Key)} permissions={s_strict.GetString(request.Permissions)}"
            + $" cost={request.HasCost}:{request.Cost}"
            + $" tags=[{string.Join('|', tags)}] migration={s_strict.GetString(request.MigrationId)} limits=[{string.Join('|', limits)}]";
    }

    /// <summary>The contract over a document of System.Text.Json.</summary>
    public static string Reference(byte[] body, bool firstWins = false)
    {
        try
        {
            _ = s_strict.GetCharCount(body);
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = JsonScanner.DepthMax });
            JsonReference.DemandText(document.RootElement);
            return Interpret(JsonReference.Members(document.RootElement, firstWins, "key", "permissions", "credits", "ratelimits", "tags",
                "migrationId"), firstWins);
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or DecoderFallbackException or FormatException)
        {
            return "refused";
        }
    }

    private static string Interpret(Dictionary<string, JsonElement> members, bool firstWins)
    {
        string Optional(string name, int min, int max) => members.TryGetValue(name, out JsonElement value) ? JsonReference.String(value, min, max)
            : string.Empty;

        string key = JsonReference.String(members.TryGetValue("key", out JsonElement presented) ? presented : throw new FormatException(), 1, 512);
        bool hasCost = members.TryGetValue("credits", out JsonElement credits);
        long cost = 0;
        if (hasCost)
        {
            Dictionary<string, JsonElement> inside = JsonReference.Members(credits, firstWins, "cost");
            cost = JsonReference.Integer(inside.TryGetValue("cost", out JsonElement value) ? value : throw new FormatException(), 1_000_000_000_000);
        }

        string[] tags = members.TryGetValue("tags", out JsonElement list) ? [.. list.EnumerateArray().Select(tag => JsonReference.String(tag, 1, 512))]
            : [];
        if (tags.Length > 20)
        {
            throw new FormatException();
        }

        string[] limits = members.TryGetValue("ratelimits", out JsonElement items) ? [.. items.EnumerateArray().Select(item => Limit(item,
            firstWins))] : [];
        return $"key={key} permissions={Optional("permissions", 1, 1000)} cost={hasCost}:{cost}"
            + $" tags=[{string.Join('|', tags)}] migration={Optional("migrationId", 0, 256)} limits=[{string.Join('|', limits)}]";
    }

    private static string Limit(JsonElement item, bool firstWins)
    {
        Dictionary<string, JsonElement> members = JsonReference.Members(item, firstWins);
        string Number(string name, string otherwise) =>
            members.TryGetValue(name, out JsonElement value) ? JsonReference.Integer(value, long.MaxValue).ToString(CultureInfo.InvariantCulture)
                : otherwise;

        string name = JsonReference.String(members.TryGetValue("name", out JsonElement value) ? value : throw new FormatException(), 3, 255);
        return $"{name}:{Number("cost", "1")}:{Number("limit", "-")}:{Number("duration", "-")}";
    }
}
