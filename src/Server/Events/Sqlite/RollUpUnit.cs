using System;

namespace Unkey.Server.Events.Sqlite;

/// <summary>The spans that events are summed over.</summary>
internal enum RollUpUnit
{
    /// <summary>A minute.</summary>
    Minute,

    /// <summary>An hour.</summary>
    Hour,

    /// <summary>A day in UTC.</summary>
    Day,

    /// <summary>A calendar month in UTC.</summary>
    Month,
}

/// <summary>What the spans are called.</summary>
internal static class RollUpUnits
{
    // What a calendar has; a clock that says anything else must not stop the sums of the rest.
    private static readonly long s_firstSecond = DateTimeOffset.MinValue.ToUnixTimeSeconds();
    private static readonly long s_lastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>All spans, shortest first.</summary>
    public static ReadOnlySpan<RollUpUnit> All => [RollUpUnit.Minute, RollUpUnit.Hour, RollUpUnit.Day, RollUpUnit.Month];

    /// <summary>How tables and their queries name a span.</summary>
    public static string Name(this RollUpUnit unit) => unit switch
    {
        RollUpUnit.Minute => "minute",
        RollUpUnit.Hour => "hour",
        RollUpUnit.Day => "day",
        _ => "month",
    };

    /// <summary>When the span of a time begins.</summary>
    /// <param name="unit">The span.</param>
    /// <param name="seconds">Unix seconds.</param>
    /// <returns>Unix seconds.</returns>
    public static long StartOf(this RollUpUnit unit, long seconds) => unit switch
    {
        RollUpUnit.Minute => seconds / 60 * 60,
        RollUpUnit.Hour => seconds / 3_600 * 3_600,
        RollUpUnit.Day => seconds / 86_400 * 86_400,
        _ => StartOfMonth(Math.Clamp(seconds, s_firstSecond, s_lastSecond)),
    };

    private static long StartOfMonth(long seconds)
    {
        DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return new DateTimeOffset(time.Year, time.Month, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
    }
}
