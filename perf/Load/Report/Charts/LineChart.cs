using System;
using System.Collections.Generic;

namespace Unkey.Load.Report.Charts;

/// <summary>A line for each server over a few named places, each line named at its end.</summary>
internal static class LineChart
{
    private const double Width = 800;
    private const double Height = 420;
    private const double Left = 70;
    private const double Top = 56;
    private const double Bottom = Height - 48;
    private const double LabelHeight = 16;
    private const double LeaderWidth = 26;

    /// <summary>One line; a value that is not a number leaves a gap.</summary>
    internal readonly record struct Series(ServerStyle Style, double[] Values);

    /// <param name="title">What is shown.</param>
    /// <param name="subtitle">Under which conditions.</param>
    /// <param name="axis">What the places are.</param>
    /// <param name="places">Names of the places along x, equally far apart.</param>
    /// <param name="scale">Of the values.</param>
    /// <param name="format">Text of a value on the axis.</param>
    /// <param name="lines">The lines; each has a value for each place.</param>
    internal static string Draw(
        string title, string subtitle, string axis, IReadOnlyList<string> places, Scale scale, Func<double, string> format, IReadOnlyList<Series> lines)
    {
        SvgCanvas canvas = new(Width, Height, $"{title}; {subtitle}");
        BarChart.Head(canvas, title, subtitle);
        double right = 0;
        foreach (Series line in lines)
        {
            right = Math.Max(right, SvgCanvas.WidthOf(line.Style.Label) + LeaderWidth + 12);
        }

        double end = Width - right;
        double X(int place) => places.Count == 1 ? (Left + end) / 2 : Left + 20 + (place * (end - Left - 20) / (places.Count - 1));
        double Y(double value) => Bottom - (scale.At(value) * (Bottom - Top));
        foreach (double mark in scale.Marks)
        {
            canvas.GridLine(Left, Y(mark), end, Y(mark));
            canvas.Text(Left - 8, Y(mark) + 4, format(mark), "end");
        }

        for (int place = 0; place < places.Count; place++)
        {
            canvas.Text(X(place), Bottom + 18, places[place], "middle");
        }

        canvas.Text((Left + end) / 2, Height - 10, axis, "middle");
        // The product last, so that it is above the others.
        foreach (bool isProduct in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (Series line in lines)
            {
                if ((line.Style.Label == "unkey") == isProduct)
                {
                    DrawLine(canvas, line, X, Y, isProduct);
                }
            }
        }

        Labels(canvas, lines, X, Y);
        return canvas.End();
    }

    /// <summary>Moves label positions so that no two are closer than the gap, in their order, as near as possible to where they want to be.</summary>
    /// <param name="wanted">Rising; changed in place.</param>
    /// <param name="gap">Least distance.</param>
    /// <param name="least">The first one is not above.</param>
    /// <param name="greatest">The last one is not below, when there is room for all.</param>
    internal static void Spread(Span<double> wanted, double gap, double least, double greatest)
    {
        // Without the gaps before them the positions only have to rise: those that do not form a block, which lies at their mean.
        List<(double Sum, int Count)> blocks = [];
        for (int i = 0; i < wanted.Length; i++)
        {
            (double Sum, int Count) block = (wanted[i] - (i * gap), 1);
            while (blocks.Count > 0 && blocks[^1].Sum / blocks[^1].Count >= block.Sum / block.Count)
            {
                block = (block.Sum + blocks[^1].Sum, block.Count + blocks[^1].Count);
                blocks.RemoveAt(blocks.Count - 1);
            }

            blocks.Add(block);
        }

        double most = Math.Max(least, greatest - ((wanted.Length - 1) * gap));
        int at = 0;
        foreach ((double sum, int count) in blocks)
        {
            for (int i = 0; i < count; i++, at++)
            {
                wanted[at] = Math.Clamp(sum / count, least, most) + (at * gap);
            }
        }
    }

    private static void DrawLine(SvgCanvas canvas, Series line, Func<int, double> x, Func<double, double> y, bool isProduct)
    {
        List<(double X, double Y)> points = [];
        for (int place = 0; place <= line.Values.Length; place++)
        {
            if (place < line.Values.Length && !double.IsNaN(line.Values[place]))
            {
                points.Add((x(place), y(line.Values[place])));
                continue;
            }

            if (points.Count > 1)
            {
                canvas.Polyline([.. points], line.Style.Color, isProduct ? 3 : 1.6, line.Style.Label.StartsWith("C ", StringComparison.Ordinal));
            }

            points.ForEach(point => canvas.Dot(point.X, point.Y, isProduct ? 4 : 3, line.Style.Color));
            points.Clear();
        }
    }

    private static void Labels(SvgCanvas canvas, IReadOnlyList<Series> lines, Func<int, double> x, Func<double, double> y)
    {
        List<(double Y, double FromX, ServerStyle Style)> labels = [];
        foreach (Series line in lines)
        {
            int last = Array.FindLastIndex(line.Values, value => !double.IsNaN(value));
            if (last >= 0)
            {
                labels.Add((y(line.Values[last]), x(last), line.Style));
            }
        }

        labels.Sort(static (a, b) => a.Y.CompareTo(b.Y));
        double[] heights = [.. labels.ConvertAll(static label => label.Y)];
        Spread(heights, LabelHeight, Top, Bottom);
        for (int i = 0; i < labels.Count; i++)
        {
            double lineEnd = x(lines[0].Values.Length - 1);
            canvas.Line(labels[i].FromX + 5, labels[i].Y, lineEnd + LeaderWidth, heights[i], labels[i].Style.Color + "88");
            canvas.Text(lineEnd + LeaderWidth + 4, heights[i] + 4, labels[i].Style.Label, "start", labels[i].Style.Color, labels[i].Style.Label == "unkey");
        }
    }
}
