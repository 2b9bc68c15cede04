using System;
using System.Globalization;
using System.Numerics;

namespace Unkey.Server.Analytics.Sqlite;

/// <summary>Numbers as ClickHouse rounds, writes and reads them. Stateless, any thread.</summary>
internal static class SqliteNumbers
{
    private const double IntegerTextMax = 1e21;

    /// <summary>The remainder, with the sign of the first number.</summary>
    public static long Modulo(long value, long divisor) =>
        divisor switch { 0 => throw AnalyticsException.Query("A number of the query is divided by zero with %"), -1 => 0, _ => value % divisor };

    /// <summary>Rounds half to even, down or up, at a number of places.</summary>
    /// <param name="value">The number.</param>
    /// <param name="places">Places behind the point; negative before it.</param>
    /// <param name="direction">-1 down, 1 up, 0 to the nearest.</param>
    public static double Round(double value, int places, int direction)
    {
        double scale = Math.Pow(10, Math.Abs(places));
        double scaled = places > 0 ? value * scale : places < 0 ? value / scale : value;
        double whole = direction switch { 0 => Math.Round(scaled, MidpointRounding.ToEven), < 0 => Math.Floor(scaled), _ => Math.Ceiling(scaled) };
        return places > 0 ? whole / scale : places < 0 ? whole * scale : whole;
    }

    /// <summary>The shortest text that means the same number.</summary>
    public static string Text(double value)
    {
        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf" : "-inf";
        }

        if (double.IsInteger(value) && Math.Abs(value) < IntegerTextMax)
        {
            // Digits beyond those that tell the number from its neighbours are zeros.
            return BigInteger.Parse(value.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
        }

        string text = value.ToString("R", CultureInfo.InvariantCulture);
        int exponent = text.IndexOf('E', StringComparison.Ordinal);
        if (exponent < 0)
        {
            return text;
        }

        int power = int.Parse(text.AsSpan(exponent + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return power is < 0 and >= -6
            ? value.ToString("0.##############################", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{text[..exponent]}e{power}");
    }

    /// <summary>A whole number from a text that is nothing but one.</summary>
    public static long ParseInteger(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : throw NoNumber(text);

    /// <summary>A number from a text that is nothing but one.</summary>
    public static double ParseFloat(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw NoNumber(text);

    private static AnalyticsException NoNumber(string text) => AnalyticsException.Query($"A value of the query is no number: {AnalyticsException.Shown(text)}");
}
