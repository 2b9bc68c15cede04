using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace Unkey.Load.Report;

/// <summary>Draws the rows of one machine as Markdown.</summary>
internal static class MarkdownTables
{
    private const string Floor = "floor";

    internal static void Write(StringBuilder text, string directory)
    {
        List<Row> rows = ResultsReader.Read(directory);
        text.Append("\n## ").Append(Path.GetFileName(directory)).Append("\n\n```text\n")
            .Append(File.ReadAllText(Path.Combine(directory, "versions.txt")).Trim()).Append("\n```\n");
        List<string> scenarios = [];
        foreach (Row row in rows)
        {
            if (!scenarios.Contains(row.Scenario))
            {
                scenarios.Add(row.Scenario);
            }
        }

        scenarios.Sort(static (a, b) => Order(a).CompareTo(Order(b)));
        foreach (string scenario in scenarios)
        {
            List<Row> table = rows.FindAll(r => r.Scenario == scenario);
            if (scenario.StartsWith("start", StringComparison.Ordinal))
            {
                StartTable(text, scenario, table);
            }
            else
            {
                LoadTable(text, scenario, table);
            }
        }
    }

    /// <summary>closed-c64, closed-c64-d16, open-c64-20000, start-empty, start-100000.</summary>
    internal static string Title(string scenario)
    {
        string[] parts = scenario.Split('-');
        return parts[0] switch
        {
            "closed" when parts.Length > 2 => $"Closed loop, {Plural(parts[1][1..], "connection")}, {parts[2][1..]} requests in flight on each",
            "closed" => $"Closed loop, {Plural(parts[1][1..], "connection")}",
            "open" => $"Open loop, {parts[2]} requests/s over {Plural(parts[1][1..], "connection")}, latency from the time a request was due",
            "start" => parts[1] == "empty" ? "Start and idle memory, empty store" : $"Start and idle memory, {parts[1]} keys",
            _ => scenario,
        };
    }

    private static string Plural(string count, string noun) => count == "1" ? "1 " + noun : $"{count} {noun}s";

    private static (int Kind, int First, int Second) Order(string scenario)
    {
        string[] parts = scenario.Split('-');
        int kind = Array.IndexOf(["closed", "open", "start"], parts[0]);
        return (parts[0] == "closed" && parts.Length > 2 ? 1 : kind * 2, Digits(parts[1]), parts.Length > 2 ? Digits(parts[2]) : 0);
    }

    private static int Digits(string text)
    {
        string digits = text.TrimStart('c', 'd');
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
    }

    private static void LoadTable(StringBuilder text, string scenario, List<Row> table)
    {
        table.Sort(static (a, b) => a.Of("cpuUs").Median.CompareTo(b.Of("cpuUs").Median));
        Row? floor = table.Find(static r => r.Server == Floor);
        Row? unkey = table.Find(static r => r.Server == "unkey");
        Spread rounds = table[0].Of("cpuUs");
        Spread seconds = table[0].Of("seconds");
        text.Append("\n### ").Append(Title(scenario)).Append("\n\n")
            .Append(CultureInfo.InvariantCulture, $"Medians of {rounds.Count} interleaved rounds of {seconds.Text("0.#")} s (least–greatest).\n\n")
            .Append("| server | requests/s | CPU us/request | to the floor | of its busiest thread | user | system | p50 us | p99 | p99.9 | p99.99 | max ")
            .Append("| switches/1000 | resident MiB | server busy | not answered |\n")
            .Append("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (Row row in table)
        {
            Spread requests = row.Of("requests");
            double switches = (row.Of("voluntarySwitches").Median + row.Of("involuntarySwitches").Median) / requests.Median * 1000;
            text.Append("| ").Append(Name(row.Server))
                .Append(" | ").Append(row.Of("requestsPerSecond").WithRange("#,0"))
                .Append(" | ").Append(row.Of("cpuUs").WithRange("0.00"))
                .Append(" | ").Append(floor is null ? "–" : row.RatioTo(floor, "cpuUs").Text("0.00"))
                .Append(" | ").Append(row.Has("busiestThreadUs") ? row.Of("busiestThreadUs").WithRange("0.00") : "–")
                .Append(" | ").Append(row.Of("userUs").Text("0.00"))
                .Append(" | ").Append(row.Of("systemUs").Text("0.00"));
            foreach (string percentile in (ReadOnlySpan<string>)["p50", "p99", "p999", "p9999", "max"])
            {
                text.Append(" | ").Append(row.Of("latencyUs." + percentile).Text("#,0"));
            }

            text.Append(" | ").Append(requests.Median > 0 ? switches.ToString("0") : "–")
                .Append(" | ").Append((row.Of("residentKiB").Median / 1024).ToString("0.0"))
                .Append(" | ").Append(row.Of("serverBusy").Text("0%"))
                .Append(" | ").Append(row.Of("unanswered").Text("0")).Append(" |\n");
        }

        if (unkey is null)
        {
            return;
        }

        text.Append('\n');
        foreach (Row row in table)
        {
            if (row != unkey)
            {
                text.Append(CultureInfo.InvariantCulture, $"- unkey against {Name(row.Server)}, within rounds: ")
                    .Append(CultureInfo.InvariantCulture, $"{unkey.RatioTo(row, "requestsPerSecond").WithRange("0.00")} times the requests/s, ")
                    .Append(CultureInfo.InvariantCulture, $"{unkey.RatioTo(row, "cpuUs").WithRange("0.00")} times the CPU per request")
                    .Append(CultureInfo.InvariantCulture, $"{(row.Has("busiestThreadUs") ? $", {unkey.RatioTo(row, "busiestThreadUs").WithRange("0.00")} times in the busiest thread" : "")}.\n");
            }
        }
    }

    private static void StartTable(StringBuilder text, string scenario, List<Row> table)
    {
        text.Append("\n### ").Append(Title(scenario)).Append("\n\n")
            .Append("| server | exec to first answer, ms (least–greatest) | resident when idle, MiB | runs |\n|---|---|---|---|\n");
        foreach (Row row in table)
        {
            Spread start = row.Of("startMs");
            text.Append("| ").Append(Name(row.Server)).Append(" | ").Append(start.WithRange("0.0"))
                .Append(" | ").Append(row.Of("residentMiB").Text("0.0"))
                .Append(CultureInfo.InvariantCulture, $" | {start.Count} |\n");
        }
    }

    private static string Name(string server) => server switch
    {
        Floor => "C epoll floor (constant answer)",
        "unkey" => "**unkey**",
        "kestrel" => "Kestrel minimal API, Native AOT, same job",
        _ => server,
    };
}
