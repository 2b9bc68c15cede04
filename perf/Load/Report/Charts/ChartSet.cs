using System;
using System.Collections.Generic;
using System.IO;

namespace Unkey.Load.Report.Charts;

/// <summary>The charts of one machine, written beside the page that shows them.</summary>
internal sealed class ChartSet
{
    private static readonly (string Name, string Key)[] s_percentiles =
        [("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("p99.9", "p999"), ("p99.99", "p9999"), ("max", "max")];

    private readonly string _directory;
    private readonly string _machine;
    private readonly List<Row> _rows;

    /// <param name="page">The Markdown file; charts go to <c>NAME/MACHINE/</c> beside it, where NAME is its name without ending.</param>
    /// <param name="machine">Name of the folder with the results.</param>
    /// <param name="rows">All results of the machine.</param>
    internal ChartSet(string page, string machine, List<Row> rows)
    {
        string folder = Path.GetFileNameWithoutExtension(page);
        _directory = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(page)) ?? ".", folder, machine);
        _machine = $"{folder}/{machine}";
        _rows = rows;
        if (Directory.Exists(_directory))
        {
            // Charts of scenarios that are not measured any more.
            Array.ForEach(Directory.GetFiles(_directory, "*.svg"), File.Delete);
        }
    }

    /// <summary>CPU per request by server; null when the scenario was not measured.</summary>
    internal string? Cpu(string scenario, string conditions)
    {
        List<BarChart.Bar> bars = [];
        List<Row> rows = Of(scenario);
        Row? floor = rows.Find(static row => row.Server == "floor");
        foreach (Row row in rows)
        {
            double cpu = row.Of("cpuUs").Median;
            // The two parts are medians of their own; they are scaled so that the bar is as long as the median of the sum.
            double user = row.Of("userUs").Median;
            double system = row.Of("systemUs").Median;
            double share = user + system > 0 ? user / (user + system) : 0;
            string text = floor is null || row == floor ? $"{cpu:0.00}" : $"{cpu:0.00}, {row.RatioTo(floor, "cpuUs").Text("0.00")} × floor";
            bars.Add(new BarChart.Bar(ServerStyle.Of(row.Server), cpu * share, cpu * (1 - share), row.Of("busiestThreadUs").Median, text));
        }

        return bars.Count == 0 ? null : Write(
            "cpu-" + scenario, "CPU time per request", conditions,
            BarChart.Draw("CPU time per request, less is better", conditions, ("user", "system", "busiest thread"), "µs of one core, all threads of the server", bars));
    }

    /// <summary>Latency percentiles by server; null when the scenario was not measured.</summary>
    internal string? Latency(string scenario, string conditions)
    {
        List<LineChart.Series> lines = [];
        double least = double.PositiveInfinity;
        double greatest = 0;
        foreach (Row row in Of(scenario))
        {
            double[] values = Array.ConvertAll(s_percentiles, percentile => Positive(row.Of("latencyUs." + percentile.Key).Median));
            lines.Add(new LineChart.Series(ServerStyle.Of(row.Server), values));
            foreach (double value in values)
            {
                least = double.IsNaN(value) ? least : Math.Min(least, value);
                greatest = double.IsNaN(value) ? greatest : Math.Max(greatest, value);
            }
        }

        return greatest == 0 ? null : Write(
            "latency-" + scenario, "Latency percentiles", conditions,
            LineChart.Draw(
                "Latency, less is better", conditions, "percentile of all requests, from the time a request was due",
                Array.ConvertAll(s_percentiles, static percentile => percentile.Name), Scale.Logarithmic(least, greatest), Time, lines));
    }

    /// <summary>Requests a second by the number of connections; null unless at least two numbers were measured.</summary>
    internal string? Throughput(IReadOnlyList<(string Scenario, string Connections)> scenarios)
    {
        SortedSet<string> servers = new(StringComparer.Ordinal);
        foreach ((string scenario, string _) in scenarios)
        {
            Of(scenario).ForEach(row => servers.Add(row.Server));
        }

        List<LineChart.Series> lines = [];
        double greatest = 0;
        foreach (string server in servers)
        {
            double[] values = new double[scenarios.Count];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = Of(scenarios[i].Scenario).Find(row => row.Server == server)?.Of("requestsPerSecond").Median ?? double.NaN;
                greatest = double.IsNaN(values[i]) ? greatest : Math.Max(greatest, values[i]);
            }

            lines.Add(new LineChart.Series(ServerStyle.Of(server), values));
        }

        const string Conditions = "closed loop, one request in flight on each connection, one core for the server";
        return scenarios.Count < 2 || greatest == 0 ? null : Write(
            "throughput", "Requests per second by connections", Conditions,
            LineChart.Draw(
                "Requests per second, more is better", Conditions, "connections", [.. Connections(scenarios)],
                Scale.Linear(greatest), static value => value.ToString("#,0"), lines));
    }

    private static IEnumerable<string> Connections(IReadOnlyList<(string Scenario, string Connections)> scenarios)
    {
        foreach ((string _, string connections) in scenarios)
        {
            yield return connections;
        }
    }

    /// <summary>A time in microseconds in the unit in which it is a small whole number.</summary>
    internal static string Time(double us) => us switch
    {
        >= 1e6 => $"{us / 1e6:0.##} s",
        >= 1e3 => $"{us / 1e3:0.##} ms",
        _ => $"{us:0.##} µs",
    };

    private static double Positive(double value) => value > 0 ? value : double.NaN;

    private List<Row> Of(string scenario)
    {
        List<Row> rows = _rows.FindAll(row => row.Scenario == scenario);
        rows.Sort(static (a, b) => a.Of("cpuUs").Median.CompareTo(b.Of("cpuUs").Median));
        return rows;
    }

    private string Write(string name, string what, string conditions, string svg)
    {
        Directory.CreateDirectory(_directory);
        File.WriteAllText(Path.Combine(_directory, name + ".svg"), svg);
        return $"![{what}: {conditions}]({_machine}/{name}.svg)\n";
    }
}
