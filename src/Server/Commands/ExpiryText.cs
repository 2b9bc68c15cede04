using System;
using System.Globalization;

namespace Unkey.Server.Commands;

/// <summary>Reads when a root key ends: a time of the calendar, or so long from now.</summary>
internal static class ExpiryText
{
    private const string Form = "is neither a duration such as 12h or 90d nor a time such as 2027-01-31T00:00:00Z";

    /// <summary>Reads an expiry.</summary>
    /// <param name="text">Digits and <c>m</c>, <c>h</c> or <c>d</c>; or an ISO 8601 time, UTC when it names no offset.</param>
    /// <param name="now">The present.</param>
    /// <param name="unixMs">Unix milliseconds on success.</param>
    /// <returns>The problem, or <see langword="null"/>.</returns>
    public static string? TryRead(string text, DateTimeOffset now, out long unixMs)
    {
        // A hundred years: far beyond any key, and far from overflow.
        const long DaysMax = 36_500;
        unixMs = 0;
        if (text.Length > 1 && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long count))
        {
            long minutes = text[^1] switch { 'm' => 1, 'h' => 60, 'd' => 1440, _ => 0 };
            if (minutes != 0)
            {
                if (count < 1 || count > DaysMax * 1440 / minutes)
                {
                    return "is outside 1m to 36500d";
                }

                unixMs = now.ToUnixTimeMilliseconds() + (count * minutes * 60_000);
                return null;
            }
        }

        const DateTimeStyles Styles = DateTimeStyles.AssumeUniversal;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Styles, out DateTimeOffset time) || !text.Contains('-', StringComparison.Ordinal))
        {
            return Form;
        }

        unixMs = time.ToUnixTimeMilliseconds();
        return unixMs <= now.ToUnixTimeMilliseconds() ? "is in the past" : null;
    }
}
