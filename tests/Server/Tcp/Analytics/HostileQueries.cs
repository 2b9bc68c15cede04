using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Unkey.Tests.Support;

namespace Unkey.Server.Tests.Tcp.Analytics;

/// <summary>The queries of HostileQueries.txt, for either dataset. Constant.</summary>
internal static partial class HostileQueries
{
    private static readonly Dictionary<string, string>[] s_names =
    [
        new()
        {
            ["raw"] = "key_verifications_v1", ["RAW"] = "KEY_VERIFICATIONS_V1", ["day"] = "key_verifications_per_day_v1", ["n"] = "count", ["scope"] = "key_space_id",
            ["physical"] = "key_verifications_raw_v2", ["cross"] = "ratelimits_v1",
        },
        new()
        {
            ["raw"] = "ratelimits_v1", ["RAW"] = "RATELIMITS_V1", ["day"] = "ratelimits_per_day_v1", ["n"] = "total", ["scope"] = "namespace_id",
            ["physical"] = "ratelimits_raw_v2", ["cross"] = "key_verifications_v1",
        },
    ];

    /// <summary>What is expected, the operation, and the query with the names of its dataset.</summary>
    public static IReadOnlyList<(string Expected, string Operation, string Query)> All { get; } =
    [
        .. from line in File.ReadLines(Path.Combine(RepositoryPaths.Root, "tests", "Server", "Tcp", "Analytics", "HostileQueries.txt"))
           where !line.StartsWith('#')
           let bar = line.IndexOf('|', StringComparison.Ordinal)
           from dataset in (int[])[0, 1]
           select (line[..bar].Trim(), dataset == 0 ? "getVerifications" : "getRatelimits", Named(line[(bar + 2)..], s_names[dataset])),
    ];

    private static string Named(string query, Dictionary<string, string> names) => Placeholder().Replace(
        query,
        match => match.Groups[1].Success
            ? ((char)int.Parse(match.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString()
            : names.GetValueOrDefault(match.Groups[2].Value, match.Value));

    [GeneratedRegex(@"\{(?:u:([0-9A-F]{4})|(\w+))\}")]
    private static partial Regex Placeholder();
}
