using System;

namespace Unkey.Server.ControlPlane;

/// <summary>On which dates refills fall due. Pure date arithmetic in UTC.</summary>
internal static class RefillDates
{
    /// <summary>The last date, up to and including a day, on which a refill fell due.</summary>
    /// <param name="day">Day of a monthly refill, 1 to 31, where a month that is shorter means its last day; <see langword="null"/> for a daily one.</param>
    /// <param name="today">The day.</param>
    public static DateOnly LastDue(long? day, DateOnly today)
    {
        if (day is not { } wanted)
        {
            return today;
        }

        DateOnly due = InMonthOf(today, wanted);
        return due <= today ? due : InMonthOf(today.AddDays(-today.Day), wanted);
    }

    /// <summary>The date of an instant.</summary>
    /// <param name="unixMs">Unix milliseconds.</param>
    public static DateOnly Of(long unixMs) => DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime);

    /// <summary>The first instant of a date, in unix milliseconds.</summary>
    public static long StartMs(DateOnly date) => new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeMilliseconds();

    private static DateOnly InMonthOf(DateOnly date, long day) =>
        new(date.Year, date.Month, (int)Math.Min(day, DateTime.DaysInMonth(date.Year, date.Month)));
}
