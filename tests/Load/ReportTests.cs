using System;
using System.IO;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Unkey.Load.Tests;

public sealed class ReportTests : IDisposable
{
    private const string Begin = "<!-- begin: drawn by ./bench from perf/results -->\n";
    private const string End = "<!-- end -->\n";

    private readonly string _root = Directory.CreateTempSubdirectory("unkey-report").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void RunsBecomeMediansAndRatiosWithinRounds()
    {
        WriteResults("closed-c64", Run("closed-c64", "floor", 1, 100, 5), Run("closed-c64", "floor", 2, 50, 10), Run("closed-c64", "floor", 3, 80, 6),
            Run("closed-c64", "unkey", 1, 90, 6), Run("closed-c64", "unkey", 2, 45, 12), Run("closed-c64", "unkey", 3, 40, 9));
        string page = Report();
        // The medians are 6 and 9, but the rounds say 1.2, 1.2 and 1.5.
        Assert.Contains("| **unkey** | 45 (40–90) | 9.00 (6.00–12.00) | 1.20 |", page, StringComparison.Ordinal);
        Assert.Contains("1.20 (1.20–1.50) times the CPU per request", page, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatAServerCannotSayIsADash()
    {
        WriteResults("closed-c64", Run("closed-c64", "floor", 1, 100, 5), Run("closed-c64", "unkey", 1, 90, 6, ",\"allocatedBytes\":12.4,\"reactorAllocatedBytes\":0"));
        string page = Report();
        Assert.Contains("| 12, reactor 0 |", page, StringComparison.Ordinal);
        Assert.Matches(new Regex(@"\| C epoll floor.*\| – \| \d+ \| 1\.0 \|"), page);
    }

    [Fact]
    public void EveryChartOfThePageIsAPicture()
    {
        foreach (string scenario in (string[])["closed-c1", "closed-c64", "open-c64-20000", "open-c64-50pct"])
        {
            WriteResults(scenario, Run(scenario, "floor", 1, 100, 5), Run(scenario, "unkey", 1, 90, 6), Run(scenario, "unkey-unix", 1, 95, 5.5));
        }

        MatchCollection pictures = Regex.Matches(Report(), @"!\[[^\]]+\]\(([^)]+)\)");
        Assert.Equal(4, pictures.Count);
        Assert.All(pictures, picture => Assert.Equal("svg", XElement.Load(Path.Combine(_root, picture.Groups[1].Value)).Name.LocalName));
    }

    [Fact]
    public void ChartsOfScenariosThatAreGoneGoToo()
    {
        WriteResults("open-c64-20000", Run("open-c64-20000", "unkey", 1, 90, 6));
        Report();
        string folder = Path.Combine(_root, "page", "machine");
        Assert.True(File.Exists(Path.Combine(folder, "latency-open-c64-20000.svg")));
        File.Delete(Path.Combine(_root, "results", "machine", "open-c64-20000.json"));
        WriteResults("open-c64-10000", Run("open-c64-10000", "unkey", 1, 90, 6));
        Report();
        Assert.Equal("latency-open-c64-10000.svg", Path.GetFileName(Assert.Single(Directory.GetFiles(folder))));
    }

    [Fact]
    public void APageWithoutResultsSaysSoAndKeepsTheRest()
    {
        string page = Report();
        Assert.StartsWith("before\n" + Begin, page, StringComparison.Ordinal);
        Assert.EndsWith(End + "after\n", page, StringComparison.Ordinal);
        Assert.Contains("No results", page, StringComparison.Ordinal);
    }

    [Fact]
    public void APageWithoutMarksIsLeftAlone()
    {
        string page = Path.Combine(_root, "page.md");
        File.WriteAllText(page, "text");
        Assert.Throws<FormatException>(() => ReportCommand.Execute(Path.Combine(_root, "results"), page));
        Assert.Equal("text", File.ReadAllText(page));
    }

    private static string Run(string scenario, string server, int round, double rate, double cpu, string more = "") => FormattableString.Invariant(
        $$"""{"scenario":"{{scenario}}","server":"{{server}}","round":{{round}},"mode":"closed","seconds":3,"requests":300,"requestsPerSecond":{{rate}},""") +
        FormattableString.Invariant($$"""
        "unanswered":0,"statuses":{"200":300},"latencyUs":{"p50":30,"p90":40,"p99":50,"p999":600,"p9999":7000,"max":8000},"cpuUs":{{cpu}},
        "busiestThreadUs":{{cpu}},"userUs":1,"systemUs":{{cpu - 1}},"serverBusy":0.9,"voluntarySwitches":3,"involuntarySwitches":0,"residentKiB":1024{{more}}}
        """);

    private void WriteResults(string scenario, params string[] runs)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, "results", "machine")).FullName;
        File.WriteAllText(Path.Combine(folder, "versions.txt"), "command: ./bench\n");
        File.WriteAllText(Path.Combine(folder, scenario + ".json"), "[" + string.Join(",\n", runs) + "]");
    }

    private string Report()
    {
        string page = Path.Combine(_root, "page.md");
        File.WriteAllText(page, "before\n" + Begin + "old\n" + End + "after\n");
        Assert.Equal(0, ReportCommand.Execute(Path.Combine(_root, "results"), page));
        return File.ReadAllText(page);
    }
}
