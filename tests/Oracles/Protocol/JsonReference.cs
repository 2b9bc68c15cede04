using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Unkey.Tests.Oracles;

/// <summary>What the readers have to agree with, over documents of System.Text.Json. A value that the contract refuses is a <see cref="FormatException"/>.</summary>
internal static partial class JsonReference
{
    /// <summary>The last value of each member; no other members than the allowed ones, when there are any.</summary>
    internal static Dictionary<string, JsonElement> Members(JsonElement value, bool firstWins, params string[] allowed)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (allowed.Length > 0 && !allowed.Contains(member.Name))
            {
                throw new FormatException();
            }

            if (!firstWins || !members.ContainsKey(member.Name))
            {
                members[member.Name] = member.Value;
            }
        }

        return members;
    }

    internal static string String(JsonElement value, int min, int max)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw new FormatException();
        }

        string text = value.GetString()!;
        int length = text.EnumerateRunes().Count();
        return length >= min && length <= max ? text : throw new FormatException();
    }

    internal static long Integer(JsonElement value, long max)
    {
        if (value.ValueKind != JsonValueKind.Number || !IntegerRegex().IsMatch(value.GetRawText()))
        {
            throw new FormatException();
        }

        BigInteger number = BigInteger.Parse(value.GetRawText(), CultureInfo.InvariantCulture);
        return number >= 0 && number <= max ? (long)number : throw new FormatException();
    }

    /// <summary>Reads every string, because System.Text.Json only finds lone surrogates when a string is read.</summary>
    internal static void DemandText(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    DemandText(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    _ = member.Name;
                    DemandText(member.Value);
                }

                break;
        }
    }

    [GeneratedRegex(@"\A-?[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex IntegerRegex();
}
