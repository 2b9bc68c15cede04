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

/// <summary>What the spans mean in time.</summary>
internal static class RollUpUnits
{
    private const long MinuteSeconds = 60;
    private const long HourSeconds = 3_600;
    private const long DaySeconds = 86_400;

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

    /// <summary>Unix seconds of the start of the span that a moment is in.</summary>
    /// <param name="unit">The span.</param>
    /// <param name="timeMs">Unix milliseconds.</param>
    public static long StartSeconds(this RollUpUnit unit, long timeMs)
    {
        long seconds = timeMs / 1000;
        if (unit == RollUpUnit.Month)
        {
            DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return new DateTimeOffset(time.Year, time.Month, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
        }

        long span = unit switch { RollUpUnit.Minute => MinuteSeconds, RollUpUnit.Hour => HourSeconds, _ => DaySeconds };
        return seconds - (seconds % span);
    }
}
