using System;

namespace Unkey.Protocol;

/// <summary>Writes the date format of HTTP (RFC 9110 5.6.7, IMF-fixdate). Any thread; nothing allocates.</summary>
public static class HttpDate
{
    /// <summary>Bytes of a date: always 29.</summary>
    public const int ByteCount = 29;

    private const long SecondsPerDay = 86_400;

    /// <summary>The last second of the year 9999, the last one that the format can say.</summary>
    private const long UnixSecondsMax = 253_402_300_799;

    /// <summary>Writes an instant, like <c>Sun, 06 Nov 1994 08:49:37 GMT</c>.</summary>
    /// <param name="unixMs">Milliseconds since 1970-01-01 UTC, rounded down to a second. A value before 1970 is written as its
    /// start, one after 9999 as its end: a date in a header is no place to fail.</param>
    /// <param name="destination">29 bytes or more; the first 29 are written.</param>
    /// <exception cref="ArgumentOutOfRangeException">The destination is shorter: a bug of the caller.</exception>
    /// <remarks>Source of the calendar: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.</remarks>
    [HotPath]
    public static void Write(long unixMs, Span<byte> destination)
    {
        Span<byte> date = destination[..ByteCount];
        long seconds = Math.Clamp(unixMs / 1000, 0, UnixSecondsMax);
        int days = (int)(seconds / SecondsPerDay);
        int secondOfDay = (int)(seconds % SecondsPerDay);

        // Years begin in March here, so that the leap day is the last one; an era has 400 years.
        int shifted = days + 719_468;
        int era = shifted / 146_097;
        int dayOfEra = shifted - (era * 146_097);
        int yearOfEra = (dayOfEra - (dayOfEra / 1_460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        int dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        int marchMonth = ((5 * dayOfYear) + 2) / 153;
        int day = dayOfYear - (((153 * marchMonth) + 2) / 5) + 1;
        int month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
        int year = yearOfEra + (era * 400) + (month <= 2 ? 1 : 0);

        // 1970-01-01 was a Thursday.
        "Sun, Mon, Tue, Wed, Thu, Fri, Sat, "u8.Slice((days + 4) % 7 * 5, 5).CopyTo(date);
        WriteTwo(date[5..], day);
        " Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec "u8.Slice((month - 1) * 4, 5).CopyTo(date[7..]);
        WriteTwo(date[12..], year / 100);
        WriteTwo(date[14..], year % 100);
        date[16] = (byte)' ';
        WriteTwo(date[17..], secondOfDay / 3600);
        date[19] = (byte)':';
        WriteTwo(date[20..], secondOfDay / 60 % 60);
        date[22] = (byte)':';
        WriteTwo(date[23..], secondOfDay % 60);
        " GMT"u8.CopyTo(date[25..]);
    }

    private static void WriteTwo(Span<byte> destination, int value)
    {
        destination[0] = (byte)('0' + (value / 10));
        destination[1] = (byte)('0' + (value % 10));
    }
}
