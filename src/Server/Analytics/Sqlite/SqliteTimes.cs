using System;
using System.Globalization;
using System.Text;
using Unkey.Server.Analytics.Binding;

namespace Unkey.Server.Analytics.Sqlite;

/// <summary>Times as ClickHouse reads and writes them, in UTC. Stateless, any thread.</summary>
internal static class SqliteTimes
{
    /// <summary>A time of a kind from a text.</summary>
    public static long Parse(string text, SqlKind kind) => TimeMath.TryParse(text, out long ms)
        ? Times.Make(kind, ms, null).Integer
        : throw AnalyticsException.Query($"A value of the query is no time: {AnalyticsException.Shown(text)}");

    /// <summary>The text of a time of a kind.</summary>
    public static string Text(long value, SqlKind kind) => kind switch
    {
        SqlKind.Date => TimeMath.At(value).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        SqlKind.DateTime => TimeMath.At(value).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        _ => TimeMath.AtMs(value).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture),
    };

    /// <summary>A time moved by months.</summary>
    public static long AddMonths(long time, long months, bool isMs) =>
        isMs ? (TimeMath.AddMonths(time / 1000, months) * 1000) + (time % 1000) : TimeMath.AddMonths(time, months);

    /// <summary>A time in a format of <c>formatDateTime</c>.</summary>
    /// <remarks>The binder has refused the codes that are not here.</remarks>
    public static string Format(long seconds, string format)
    {
        DateTime time = TimeMath.At(seconds);
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            text.Append(format[++i] switch
            {
                'Y' => Number(time, "yyyy"),
                'y' => Number(time, "yy"),
                'm' => Number(time, "MM"),
                'd' => Number(time, "dd"),
                'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
                'H' => Number(time, "HH"),
                'h' or 'I' => Number(time, "hh"),
                'i' => Number(time, "mm"),
                'S' => Number(time, "ss"),
                'F' => Number(time, "yyyy-MM-dd"),
                'T' => Number(time, "HH:mm:ss"),
                'R' => Number(time, "HH:mm"),
                'D' => Number(time, "MM/dd/yy"),
                'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
                'u' => (((int)time.DayOfWeek + 6) % 7 + 1).ToString(CultureInfo.InvariantCulture),
                'a' => Number(time, "ddd"),
                'b' => Number(time, "MMM"),
                'W' => Number(time, "dddd"),
                'p' => Number(time, "tt"),
                _ => "%",
            });
        }

        return text.ToString();
    }

    private static string Number(DateTime time, string format) => time.ToString(format, CultureInfo.InvariantCulture);
}
