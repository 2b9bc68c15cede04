using System;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Units of intervals.</summary>
internal enum IntervalUnit
{
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// <summary>Names of units.</summary>
internal static class IntervalUnits
{
    /// <summary>The unit of a name such as DAY or days.</summary>
    /// <exception cref="AnalyticsException">There is none, or it is finer than the times of events.</exception>
    public static IntervalUnit Parse(string name)
    {
        ReadOnlySpan<char> singular = name.EndsWith('s') || name.EndsWith('S') ? name.AsSpan(0, name.Length - 1) : name;
        if (Enum.TryParse(singular, ignoreCase: true, out IntervalUnit unit) && char.IsAsciiLetter(singular[0]) && Enum.IsDefined(unit))
        {
            return unit;
        }

        throw AnalyticsException.Query(
            singular.Equals("microsecond", StringComparison.OrdinalIgnoreCase) || singular.Equals("nanosecond", StringComparison.OrdinalIgnoreCase)
                ? "Intervals finer than a millisecond are not supported; events have milliseconds"
                : $"'{AnalyticsException.Shown(name)}' is no unit of an INTERVAL");
    }
}
