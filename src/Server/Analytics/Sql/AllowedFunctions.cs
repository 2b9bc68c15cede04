using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Linq;

namespace Unkey.Server.Analytics.Sql;

/// <summary>The functions of the contract; everything else is refused. Constant.</summary>
internal static class AllowedFunctions
{
    private static readonly FrozenDictionary<string, string> s_canonical = Names().ToFrozenDictionary(static name => name, StringComparer.OrdinalIgnoreCase);

    /// <summary>A name in its proper letter case.</summary>
    /// <exception cref="AnalyticsException">It is not on the list.</exception>
    public static string Canonical(string name) => s_canonical.GetValueOrDefault(name) ?? throw AnalyticsException.Function(name);

    /// <summary>Every name, in its proper letter case.</summary>
    public static IEnumerable<string> Names() => string.Join(
        ' ',
        "count sum avg min max any groupArray groupUniqArray uniq uniqExact quantile sumIf countIf",
        "now now64 today toDate toDateTime toDateTime64 toStartOfMinute toStartOfHour toStartOfDay toStartOfWeek toStartOfMonth toStartOfQuarter",
        "toStartOfYear date_trunc formatDateTime fromUnixTimestamp64Milli toUnixTimestamp64Milli toIntervalNanosecond toIntervalMicrosecond",
        "toIntervalMillisecond toIntervalSecond toIntervalMinute toIntervalHour toIntervalDay toIntervalWeek toIntervalMonth toIntervalQuarter",
        "toIntervalYear lower upper substring concat length trim startsWith endsWith JSONExtractString round floor ceil abs if case coalesce",
        "toString toInt32 toInt64 toFloat64 has hasAny hasAll arrayJoin arrayFilter").Split(' ').Where(static name => name.Length > 0);
}
