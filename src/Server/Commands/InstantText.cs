using System;
using System.Globalization;

namespace Unkey.Server.Commands;

/// <summary>Reads a moment of the past: a time of the calendar, or so long ago.</summary>
internal static class InstantText
{
    private const string Form = "is neither a duration such as 30m, 12h or 7d nor a time such as 2027-01-31T00:00:00Z";

    /// <summary>Reads a moment.</summary>
    /// <param name="text">Digits and <c>m</c>, <c>h</c> or <c>d</c> for so long ago; or an ISO 8601 time, UTC when it names no offset.</param>
    /// <param name="now">The present.</param>
    /// <param name="unixMs">Unix milliseconds on success, 0 or more.</param>
    /// <returns>The problem, or <see langword="null"/>.</returns>
    public static string? TryRead(string text, DateTimeOffset now, out long unixMs)
    {
        unixMs = 0;
        if (text.Length > 1 && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long count))
        {
            long unitMs = text[^1] switch { 'm' => 60_000, 'h' => 3_600_000, 'd' => 86_400_000, _ => 0 };
            if (unitMs != 0)
            {
                // Before 1970 nothing has happened, so a longer time means the same and cannot overflow.
                unixMs = Math.Max(0, now.ToUnixTimeMilliseconds() - (Math.Min(count, now.ToUnixTimeMilliseconds() / unitMs) * unitMs));
                return null;
            }
        }

        const DateTimeStyles Styles = DateTimeStyles.AssumeUniversal;
        if (!text.Contains('-', StringComparison.Ordinal) || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Styles, out DateTimeOffset time))
        {
            return Form;
        }

        unixMs = Math.Max(0, time.ToUnixTimeMilliseconds());
        return null;
    }
}
