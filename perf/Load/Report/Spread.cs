using System;
using System.Collections.Generic;

namespace Unkey.Load.Report;

/// <summary>Median, least and greatest of a few values; not a number when there are none.</summary>
internal readonly record struct Spread(double Median, double Least, double Greatest, int Count)
{
    internal static Spread Of(List<double> values)
    {
        if (values.Count == 0)
        {
            return new Spread(double.NaN, double.NaN, double.NaN, 0);
        }

        values.Sort();
        int middle = values.Count / 2;
        double median = values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
        return new Spread(median, values[0], values[^1], values.Count);
    }

    /// <summary>The median alone.</summary>
    internal string Text(string format) => double.IsNaN(Median) ? "–" : Median.ToString(format);

    /// <summary>The median and, in parentheses, the range.</summary>
    internal string WithRange(string format) => Count < 2
        ? Text(format)
        : FormattableString.Invariant($"{Median.ToString(format)} ({Least.ToString(format)}–{Greatest.ToString(format)})");
}
