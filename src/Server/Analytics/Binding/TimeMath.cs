using System;
using System.Globalization;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Calendar arithmetic in UTC over Unix seconds, as ClickHouse does it. Stateless, any thread; out of range throws nothing and is cut.</summary>
internal static class TimeMath
{
    public const long DaySeconds = 86_400;
    private const long SecondsMax = 253_402_300_799;
    private const int WeekDays = 7;
    private const int MondayOfEpoch = 3;
    private const int SundayOfEpoch = 4;

    private static readonly string[] s_formats = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss'Z'",
        "yyyy-MM-dd HH:mm:ss.FFF", "yyyy-MM-dd'T'HH:mm:ss.FFF", "yyyy-MM-dd'T'HH:mm:ss.FFF'Z'"];

    /// <summary>Start of the minute, hour, day, week, month, quarter or year.</summary>
    public static long StartOf(Operation unit, long seconds)
    {
        switch (unit)
        {
            case Operation.StartOfMinute:
                return FloorTo(seconds, 60);
            case Operation.StartOfHour:
                return FloorTo(seconds, 3_600);
            case Operation.StartOfDay:
                return FloorTo(seconds, DaySeconds);
            case Operation.StartOfWeekMonday:
                return FloorTo(seconds + (MondayOfEpoch * DaySeconds), WeekDays * DaySeconds) - (MondayOfEpoch * DaySeconds);
            case Operation.StartOfWeekSunday:
                return FloorTo(seconds + (SundayOfEpoch * DaySeconds), WeekDays * DaySeconds) - (SundayOfEpoch * DaySeconds);
        }

        DateTime time = At(seconds);
        int month = unit switch { Operation.StartOfMonth => time.Month, Operation.StartOfQuarter => (((time.Month - 1) / 3) * 3) + 1, _ => 1 };
        return Seconds(new DateTime(time.Year, month, 1, 0, 0, 0, DateTimeKind.Utc));
    }

    /// <summary>Unix milliseconds moved by an interval.</summary>
    /// <param name="ms">Unix milliseconds.</param>
    /// <param name="amount">How many.</param>
    /// <param name="unit">Of what.</param>
    /// <param name="hasFixedMonths">Whether a month is 30 days and a year 365.</param>
    public static long Add(long ms, long amount, IntervalUnit unit, bool hasFixedMonths = false)
    {
        long days = unit switch { IntervalUnit.Month => 30, IntervalUnit.Quarter => 90, IntervalUnit.Year => 365, _ => 0 };
        if (days > 0 && !hasFixedMonths)
        {
            long months = Math.Clamp(amount, -120_000, 120_000) * (unit switch { IntervalUnit.Month => 1, IntervalUnit.Quarter => 3, _ => 12 });
            long seconds = FloorTo(ms, 1000) / 1000;
            return (AddMonths(seconds, months) * 1000) + (ms - (seconds * 1000));
        }

        long unitMs = UnitMs(unit);
        return Cut(ms + ((double)amount * unitMs), ms + unchecked(amount * unitMs));
    }

    /// <summary>Unix seconds moved by months; the day is cut to the length of the month.</summary>
    public static long AddMonths(long seconds, long months)
    {
        try
        {
            return Seconds(At(seconds).AddMonths((int)Math.Clamp(months, -120_000, 120_000)));
        }
        catch (ArgumentOutOfRangeException)
        {
            return months < 0 ? 0 : SecondsMax;
        }
    }

    /// <summary>Milliseconds of a unit; of months and years as retention counts them.</summary>
    public static long UnitMs(IntervalUnit unit) => unit switch
    {
        IntervalUnit.Millisecond => 1,
        IntervalUnit.Second => 1_000,
        IntervalUnit.Minute => 60_000,
        IntervalUnit.Hour => 3_600_000,
        IntervalUnit.Week => WeekDays * DaySeconds * 1000,
        IntervalUnit.Month => 30 * DaySeconds * 1000,
        IntervalUnit.Quarter => 90 * DaySeconds * 1000,
        IntervalUnit.Year => 365 * DaySeconds * 1000,
        _ => DaySeconds * 1000,
    };

    /// <summary>Unix milliseconds of a text such as 2026-08-21 or 2026-08-21 10:00:00.</summary>
    public static bool TryParse(string text, out long ms)
    {
        bool isTime = DateTime.TryParseExact(
            text, s_formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime time);
        ms = isTime ? new DateTimeOffset(time).ToUnixTimeMilliseconds() : 0;
        return isTime;
    }

    /// <summary>The moment of Unix seconds, cut to what there is.</summary>
    public static DateTime At(long seconds) => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, SecondsMax)).UtcDateTime;

    /// <summary>The moment of Unix milliseconds, cut to what there is.</summary>
    public static DateTime AtMs(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(ms, 0, SecondsMax * 1000)).UtcDateTime;

    /// <summary>The multiple that is not above a value.</summary>
    public static long FloorTo(long value, long step) => value - (((value % step) + step) % step);

    private static long Seconds(DateTime time) => new DateTimeOffset(time).ToUnixTimeSeconds();

    private static long Cut(double estimate, long exact) =>
        estimate < -SecondsMax * 1000d ? -SecondsMax * 1000 : estimate > SecondsMax * 1000d ? SecondsMax * 1000 : exact;
}
