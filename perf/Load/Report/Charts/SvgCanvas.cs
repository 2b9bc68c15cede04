using System;
using System.Globalization;
using System.Security;
using System.Text;

namespace Unkey.Load.Report.Charts;

/// <summary>Writes one SVG picture without a background, in colours that can be read on white and on black.</summary>
/// <remarks>
/// Not by the scheme that the browser prefers: the page around the picture may have another one. The grey of the text has a contrast of
/// 4.3 to white and to the darkest page of the usual ones.
/// </remarks>
internal sealed class SvgCanvas
{
    /// <summary>The grey of text, axes and legends.</summary>
    internal const string Ink = "#797e86";

    private const string Faint = "#797e8655";

    private readonly StringBuilder _text = new();

    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="title">What the picture shows, for those who do not see it.</param>
    internal SvgCanvas(double width, double height, string title)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:0} {height:0}\" width=\"{width:0}\" height=\"{height:0}\"")
            .Append(" role=\"img\" font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\" font-size=\"12\">\n<title>")
            .Append(Escape(title)).Append("</title>\n");
    }

    /// <summary>About how wide a text of 12 pixels is; a little more rather than less.</summary>
    internal static double WidthOf(string text) => text.Length * 7.0;

    /// <summary>Writes a text above the line at y; the anchor (start, middle or end) says which point of it is at x.</summary>
    internal void Text(double x, double y, string text, string anchor = "start", string color = Ink, bool bold = false, int size = 12)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\" fill=\"{color}\"")
            .Append(bold ? " font-weight=\"600\"" : "");
        if (size != 12)
        {
            _text.Append(CultureInfo.InvariantCulture, $" font-size=\"{size}\"");
        }

        _text.Append('>').Append(Escape(text)).Append("</text>\n");
    }

    internal void Rectangle(double x, double y, double width, double height, string color, double opacity = 1) =>
        _text.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{Math.Max(0, width):0.#}\" height=\"{height:0.#}\"")
            .Append(CultureInfo.InvariantCulture, $" fill=\"{color}\" fill-opacity=\"{opacity:0.##}\"/>\n");

    internal void Line(double x1, double y1, double x2, double y2, string color, double width = 1) =>
        _text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\" stroke=\"{color}\" stroke-width=\"{width:0.#}\"/>\n");

    /// <summary>A line of the grid behind the data.</summary>
    internal void GridLine(double x1, double y1, double x2, double y2) => Line(x1, y1, x2, y2, Faint);

    internal void Polyline(ReadOnlySpan<(double X, double Y)> points, string color, double width, bool dashed)
    {
        _text.Append("<polyline points=\"");
        for (int i = 0; i < points.Length; i++)
        {
            _text.Append(i == 0 ? "" : " ").Append(CultureInfo.InvariantCulture, $"{points[i].X:0.#},{points[i].Y:0.#}");
        }

        _text.Append(CultureInfo.InvariantCulture, $"\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width:0.#}\" stroke-linejoin=\"round\"")
            .Append(dashed ? " stroke-dasharray=\"5 3\"/>\n" : "/>\n");
    }

    internal void Dot(double x, double y, double radius, string color) =>
        _text.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"{radius:0.#}\" fill=\"{color}\"/>\n");

    /// <summary>The whole picture; nothing can be drawn after it.</summary>
    internal string End() => _text.Append("</svg>\n").ToString();

    private static string Escape(string text) => SecurityElement.Escape(text);
}
