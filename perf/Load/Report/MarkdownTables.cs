using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Unkey.Load.Report.Charts;

namespace Unkey.Load.Report;

/// <summary>Draws the rows of one machine as Markdown, with charts.</summary>
internal static class MarkdownTables
{
    private const string Floor = "floor";

    /// <summary>Appends what one folder of results has, and writes the charts beside the page.</summary>
    internal static void Write(StringBuilder text, string directory, string page)
    {
        List<Row> rows = ResultsReader.Read(directory);
        string machine = Path.GetFileName(directory);
        ChartSet charts = new(page, machine, rows);
        text.Append("\n## ").Append(machine).Append("\n\n```text\n")
            .Append(File.ReadAllText(Path.Combine(directory, "versions.txt")).Trim()).Append("\n```\n");
        List<Scenario> scenarios = [];
        foreach (Row row in rows)
        {
            if (!scenarios.Exists(scenario => scenario.Name == row.Scenario))
            {
                scenarios.Add(new Scenario(row.Scenario));
            }
        }

        scenarios.Sort();
        Picture(text, charts.Cpu("closed-c64", "closed loop, 64 connections, one core for the server"));
        Picture(text, charts.Throughput(
            [.. scenarios.FindAll(static s => s.IsPlainClosedLoop).ConvertAll(static s => (s.Name, s.Connections))]));
        foreach (Scenario scenario in scenarios)
        {
            List<Row> table = rows.FindAll(r => r.Scenario == scenario.Name);
            text.Append("\n### ").Append(scenario.Title).Append("\n\n");
            if (scenario.IsStart)
            {
                StartTable(text, table);
                continue;
            }

            if (scenario.IsOpenLoop)
            {
                text.Append(scenario.IsShareOfCapacity
                    ? "The rate is a share of the requests/s of the same server in the same round, so it differs from row to row. "
                    : "").Append("Latency from the time a request was due. ");
            }

            LoadTable(text, table);
            if (scenario.IsOpenLoop)
            {
                Picture(text, charts.Latency(scenario.Name, char.ToLowerInvariant(scenario.Title[0]) + scenario.Title[1..]));
            }

            Ratios(text, table);
        }
    }

    private static void Picture(StringBuilder text, string? picture)
    {
        if (picture is not null)
        {
            text.Append('\n').Append(picture);
        }
    }

    private static void LoadTable(StringBuilder text, List<Row> table)
    {
        table.Sort(static (a, b) => a.Of("cpuUs").Median.CompareTo(b.Of("cpuUs").Median));
        Row? floor = table.Find(static r => r.Server == Floor);
        Spread rounds = table[0].Of("cpuUs");
        Spread seconds = table[0].Of("seconds");
        text.Append(CultureInfo.InvariantCulture, $"Medians of {rounds.Count} interleaved rounds of {seconds.Text("0.#")} s (least–greatest).\n\n")
            .Append("| server | requests/s | CPU us/request | to the floor | of its busiest thread | user | system | p50 us | p90 | p99 | p99.9 | p99.99 | max ")
            .Append("| allocated B/request | switches/1000 | resident MiB | server busy | not answered |\n")
            .Append("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (Row row in table)
        {
            Spread requests = row.Of("requests");
            double switches = (row.Of("voluntarySwitches").Median + row.Of("involuntarySwitches").Median) / requests.Median * 1000;
            text.Append("| ").Append(ServerStyle.Of(row.Server).Title)
                .Append(" | ").Append(row.Of("requestsPerSecond").WithRange("#,0"))
                .Append(" | ").Append(row.Of("cpuUs").WithRange("0.00"))
                .Append(" | ").Append(floor is null ? "–" : row.RatioTo(floor, "cpuUs").Text("0.00"))
                .Append(" | ").Append(row.Has("busiestThreadUs") ? row.Of("busiestThreadUs").WithRange("0.00") : "–")
                .Append(" | ").Append(row.Of("userUs").Text("0.00"))
                .Append(" | ").Append(row.Of("systemUs").Text("0.00"));
            foreach (string percentile in (ReadOnlySpan<string>)["p50", "p90", "p99", "p999", "p9999", "max"])
            {
                text.Append(" | ").Append(row.Of("latencyUs." + percentile).Text("#,0"));
            }

            text.Append(" | ").Append(Allocated(row))
                .Append(" | ").Append(requests.Median > 0 ? switches.ToString("0") : "–")
                .Append(" | ").Append((row.Of("residentKiB").Median / 1024).ToString("0.0"))
                .Append(" | ").Append(row.Of("serverBusy").Text("0%"))
                .Append(" | ").Append(row.Of("unanswered").Text("0")).Append(" |\n");
        }
    }

    private static string Allocated(Row row)
    {
        string all = row.Of("allocatedBytes").Text("#,0");
        return row.Has("reactorAllocatedBytes") ? $"{all}, reactor {row.Of("reactorAllocatedBytes").Text("0.##")}" : all;
    }

    private static void Ratios(StringBuilder text, List<Row> table)
    {
        Row? unkey = table.Find(static r => r.Server == "unkey");
        if (unkey is null || table.Count == 1)
        {
            return;
        }

        text.Append('\n');
        foreach (Row row in table)
        {
            if (row != unkey)
            {
                text.Append(CultureInfo.InvariantCulture, $"- unkey against {ServerStyle.Of(row.Server).Title}, within rounds: ")
                    .Append(CultureInfo.InvariantCulture, $"{unkey.RatioTo(row, "requestsPerSecond").WithRange("0.00")} times the requests/s, ")
                    .Append(CultureInfo.InvariantCulture, $"{unkey.RatioTo(row, "cpuUs").WithRange("0.00")} times the CPU per request")
                    .Append(CultureInfo.InvariantCulture, $"{(row.Has("busiestThreadUs") ? $", {unkey.RatioTo(row, "busiestThreadUs").WithRange("0.00")} times in the busiest thread" : "")}.\n");
            }
        }
    }

    private static void StartTable(StringBuilder text, List<Row> table)
    {
        text.Append("| server | exec to first answer, ms (least–greatest) | resident when idle, MiB | runs |\n|---|---|---|---|\n");
        table.Sort(static (a, b) => a.Of("startMs").Median.CompareTo(b.Of("startMs").Median));
        foreach (Row row in table)
        {
            Spread start = row.Of("startMs");
            text.Append("| ").Append(ServerStyle.Of(row.Server).Title).Append(" | ").Append(start.WithRange("0.0"))
                .Append(" | ").Append(row.Of("residentMiB").Text("0.0"))
                .Append(CultureInfo.InvariantCulture, $" | {start.Count} |\n");
        }
    }
}
