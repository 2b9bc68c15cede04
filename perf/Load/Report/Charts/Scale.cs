using System;
using System.Collections.Generic;

namespace Unkey.Load.Report.Charts;

/// <summary>Where a value lies between the ends of an axis, 0 to 1, and the marks on it.</summary>
/// <param name="Least">The value at 0.</param>
/// <param name="Greatest">The value at 1.</param>
/// <param name="IsLogarithmic">Whether equal ratios are equally far apart.</param>
/// <param name="Marks">Values that get a line and a label, rising.</param>
internal sealed record Scale(double Least, double Greatest, bool IsLogarithmic, IReadOnlyList<double> Marks)
{
    private const int MarksMax = 7;

    /// <summary>From 0 to a round value at or above the greatest.</summary>
    internal static Scale Linear(double greatest)
    {
        double step = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(greatest, 1e-9))));
        foreach (double part in (ReadOnlySpan<double>)[0.1, 0.2, 0.5, 1, 2, 5])
        {
            if (greatest / (step * part) <= MarksMax)
            {
                step *= part;
                break;
            }
        }

        List<double> marks = [];
        int count = Math.Max(1, (int)Math.Ceiling(greatest / step - 1e-9));
        for (int i = 0; i <= count; i++)
        {
            marks.Add(i * step);
        }

        return new Scale(0, count * step, false, marks);
    }

    /// <summary>Whole decades around the two values, which are positive.</summary>
    internal static Scale Logarithmic(double least, double greatest)
    {
        int first = (int)Math.Floor(Math.Log10(least));
        int last = Math.Max(first + 1, (int)Math.Ceiling(Math.Log10(greatest)));
        List<double> marks = [];
        for (int decade = first; decade <= last; decade++)
        {
            marks.Add(Math.Pow(10, decade));
        }

        return new Scale(marks[0], marks[^1], true, marks);
    }

    internal double At(double value) => IsLogarithmic
        ? (Math.Log10(value) - Math.Log10(Least)) / (Math.Log10(Greatest) - Math.Log10(Least))
        : (value - Least) / (Greatest - Least);
}
