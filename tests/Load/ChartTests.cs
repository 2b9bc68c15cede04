using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Xml.Linq;
using CsCheck;
using Unkey.Load.Report;
using Unkey.Load.Report.Charts;
using Xunit;

namespace Unkey.Load.Tests;

public sealed class ChartTests
{
    private static readonly string[] s_servers = ["floor", "uring", "nginx", "redis", "unkey", "kestrel", "go-fasthttp", "go-nethttp", "a & b <c>"];

    [Theory]
    [InlineData(0.7, 0.7, 0.1)]
    [InlineData(1, 1, 0.2)]
    [InlineData(21, 25, 5)]
    [InlineData(198_000, 200_000, 50_000)]
    public void ALinearScaleEndsAtARoundValueAbove(double greatest, double end, double step)
    {
        Scale scale = Scale.Linear(greatest);
        Assert.Equal(end, scale.Greatest, 9);
        Assert.Equal(step, scale.Marks[1], 9);
        Assert.Equal(1, scale.At(scale.Greatest), 9);
        Assert.Equal(0, scale.At(0), 9);
    }

    [Fact]
    public void ALinearScaleHasFewMarksAndHoldsItsValues() => Gen.Double[1e-3, 1e9].Sample(value =>
    {
        Scale scale = Scale.Linear(value);
        return scale.Marks.Count is >= 2 and <= 8 && scale.At(value) <= 1.000001 && scale.At(value) > 0.4;
    });

    [Theory]
    [InlineData(33, 7_000, 10, 10_000)]
    [InlineData(100, 1_000, 100, 1_000)]
    [InlineData(50, 50, 10, 100)]
    [InlineData(100, 100, 100, 1_000)]
    public void ALogarithmicScaleIsWholeDecades(double least, double greatest, double first, double last)
    {
        Scale scale = Scale.Logarithmic(least, greatest);
        Assert.Equal(first, scale.Least, 6);
        Assert.Equal(last, scale.Greatest, 6);
        Assert.InRange(scale.At(greatest), scale.At(least), 1);
    }

    [Theory]
    [InlineData(10, "10 µs")]
    [InlineData(1000, "1 ms")]
    [InlineData(100_000, "100 ms")]
    [InlineData(1_000_000, "1 s")]
    public void TimesHaveTheirUnit(double us, string text) => Assert.Equal(text, ChartSet.Time(us));

    [Fact]
    public void SpreadLabelsKeepTheirDistanceAndTheirBounds() => Gen.Double[0, 300].Array[1, 15].Sample(values =>
    {
        Array.Sort(values);
        LineChart.Spread(values, 16, 0, 300);
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] - values[i - 1] < 16 - 1e-9)
            {
                return false;
            }
        }

        return values[0] >= -1e-9 && values[^1] <= 300 + 1e-9;
    });

    [Fact]
    public void LabelsThatHaveRoomStayWhereTheyAre()
    {
        double[] values = [10, 40, 100];
        LineChart.Spread(values, 16, 0, 300);
        Assert.Equal([10, 40, 100], values);
    }

    [Fact]
    public void ALineChartShowsEveryServerWithinThePicture()
    {
        List<LineChart.Series> lines = [.. s_servers.Select((server, i) => new LineChart.Series(ServerStyle.Of(server), [20 + i, double.NaN, 5000]))];
        XElement svg = XElement.Parse(LineChart.Draw("T", "S", "percentile", ["p50", "p99", "max"], Scale.Logarithmic(20, 5000), ChartSet.Time, lines));
        CheckTexts(svg);
        // The gap leaves dots and no line.
        Assert.Equal(s_servers.Length * 2, Elements(svg, "circle").Count());
        Assert.Empty(Elements(svg, "polyline"));
    }

    [Fact]
    public void ABarChartShowsEveryServerWithinThePicture()
    {
        List<BarChart.Bar> bars = [.. s_servers.Select((server, i) => new BarChart.Bar(ServerStyle.Of(server), i, 10 + i, i == 0 ? double.NaN : i, $"{10 + i}.00, 1.00 × floor"))];
        XElement svg = XElement.Parse(BarChart.Draw("T", "S", ("user", "system", "busiest thread"), "µs", bars));
        CheckTexts(svg);
        Assert.All(Elements(svg, "rect"), bar => Assert.InRange(Number(bar, "x") + Number(bar, "width"), 0, Number(svg, "width")));
    }

    /// <summary>All names are there, and no text is cut off or lies on another, by an estimate of its width.</summary>
    private static void CheckTexts(XElement svg)
    {
        List<(string Text, double Left, double Right, double Y)> texts = [.. Elements(svg, "text").Select(Place)];
        Assert.All(s_servers, server => Assert.Contains(texts, text => text.Text == ServerStyle.Of(server).Label));
        foreach ((string text, double left, double right, double y) in texts)
        {
            Assert.True(left >= 0 && right <= Number(svg, "width") && y > 10 && y < Number(svg, "height"), $"'{text}' is cut off");
            Assert.DoesNotContain(texts, other => other.Text != text && Math.Abs(other.Y - y) < 12 && other.Left < right && left < other.Right);
        }
    }

    private static (string Text, double Left, double Right, double Y) Place(XElement text)
    {
        double width = text.Value.Length * 6.6;
        double x = Number(text, "x");
        double left = (string?)text.Attribute("text-anchor") switch { "end" => x - width, "middle" => x - (width / 2), _ => x };
        return (text.Value, left, left + width, Number(text, "y"));
    }

    private static IEnumerable<XElement> Elements(XElement svg, string name) => svg.Elements(svg.Name.Namespace + name);

    private static double Number(XElement element, string name) => double.Parse((string)element.Attribute(name)!, CultureInfo.InvariantCulture);
}
