using System;
using System.Collections.Generic;

namespace Unkey.Load.Report.Charts;

/// <summary>A bar of two parts for each server, with a mark in it and a text behind it.</summary>
internal static class BarChart
{
    private const double Width = 800;
    private const double Top = 66;
    private const double RowHeight = 26;
    private const double BarHeight = 16;

    /// <summary>One bar.</summary>
    /// <param name="Style">Name and colour.</param>
    /// <param name="First">Length of the full-coloured part.</param>
    /// <param name="Second">Length of the pale part behind it.</param>
    /// <param name="Mark">Where the mark stands; not a number for none.</param>
    /// <param name="Text">What stands behind the bar.</param>
    internal readonly record struct Bar(ServerStyle Style, double First, double Second, double Mark, string Text);

    internal static string Draw(string title, string subtitle, (string First, string Second, string Mark) legend, string unit, IReadOnlyList<Bar> bars)
    {
        double greatest = 0;
        double left = 0;
        double right = 0;
        bool marked = false;
        foreach (Bar bar in bars)
        {
            greatest = Math.Max(greatest, bar.First + bar.Second);
            left = Math.Max(left, SvgCanvas.WidthOf(bar.Style.Label) + 20);
            right = Math.Max(right, SvgCanvas.WidthOf(bar.Text) + 16);
            marked |= !double.IsNaN(bar.Mark);
        }

        Scale scale = Scale.Linear(greatest);
        double bottom = Top + (bars.Count * RowHeight);
        SvgCanvas canvas = new(Width, bottom + 40, $"{title}; {subtitle}");
        Head(canvas, title, subtitle);
        Legend(canvas, left, legend, marked);
        double X(double value) => left + (value / scale.Greatest * (Width - left - right));
        foreach (double mark in scale.Marks)
        {
            canvas.GridLine(X(mark), Top - 4, X(mark), bottom);
            canvas.Text(X(mark), bottom + 16, mark.ToString("0.##"), "middle");
        }

        canvas.Text((left + Width - right) / 2, bottom + 34, unit, "middle");
        for (int i = 0; i < bars.Count; i++)
        {
            Bar bar = bars[i];
            double y = Top + (i * RowHeight) + ((RowHeight - BarHeight) / 2);
            bool isProduct = bar.Style.Label == "unkey";
            canvas.Text(left - 8, y + 12, bar.Style.Label, "end", isProduct ? bar.Style.Color : SvgCanvas.Ink, isProduct);
            canvas.Rectangle(X(0), y, X(bar.First) - X(0), BarHeight, bar.Style.Color);
            canvas.Rectangle(X(bar.First), y, X(bar.First + bar.Second) - X(bar.First), BarHeight, bar.Style.Color, 0.5);
            if (!double.IsNaN(bar.Mark))
            {
                canvas.Line(X(bar.Mark), y - 3, X(bar.Mark), y + BarHeight + 3, SvgCanvas.Ink, 2);
            }

            canvas.Text(X(bar.First + bar.Second) + 8, y + 12, bar.Text);
        }

        return canvas.End();
    }

    /// <summary>Title and subtitle, the same in all charts.</summary>
    internal static void Head(SvgCanvas canvas, string title, string subtitle)
    {
        canvas.Text(8, 18, title, bold: true, size: 14);
        canvas.Text(8, 36, subtitle);
    }

    private static void Legend(SvgCanvas canvas, double x, (string First, string Second, string Mark) legend, bool marked)
    {
        const double Y = 46;
        foreach ((string text, double opacity) in (ReadOnlySpan<(string, double)>)[(legend.First, 1), (legend.Second, 0.5)])
        {
            canvas.Rectangle(x, Y, 12, 10, SvgCanvas.Ink, opacity);
            canvas.Text(x + 17, Y + 9, text);
            x += SvgCanvas.WidthOf(text) + 30;
        }

        if (marked)
        {
            canvas.Line(x + 4, Y - 2, x + 4, Y + 12, SvgCanvas.Ink, 2);
            canvas.Text(x + 12, Y + 9, legend.Mark);
        }
    }
}
