using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Unkey.Tests.Support;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Observing;

/// <summary>The metrics of a running server keep to the format, and the dashboard and the alerts ask for nothing that is not there.</summary>
public sealed partial class MetricNamesTests(MetricNamesTests.RunningServer running) : IClassFixture<MetricNamesTests.RunningServer>
{
    private readonly ServerProcess _server = running.Server;

    [Fact]
    public void TheWholeTextKeepsToTheFormatAndTheConventions()
    {
        Exercise();
        Exposition metrics = new(_server.Metrics());
        Assert.Empty(metrics.Faults);

        // Label values are from closed sets, whatever was asked for.
        Assert.Equal(["keys.verifyKey", "other", "ratelimit"], metrics.Values("unkey_http_request_duration_seconds_count", "endpoint").Order());
        Assert.All(metrics.SampleNames, name => Assert.Subset(new HashSet<string> { "endpoint", "outcome", "le", "reactor", "generation", "version", "runtime" }, metrics.Labels(name).ToHashSet()));
        Assert.DoesNotContain(metrics.Values("unkey_http_requests_total", "endpoint"), static value => value.Contains("path_of_a_client", StringComparison.Ordinal));

        // A verification takes microseconds, so the buckets begin there.
        double[] bounds = [.. metrics.Values("unkey_http_request_duration_seconds_bucket", "le").Where(static le => le != "+Inf").Select(double.Parse).Order()];
        Assert.True(bounds.Count(static bound => bound < 1e-4) >= 10 && bounds[0] < 2e-6 && bounds[^1] > 10, "ten buckets or more below 100 us, and the longest request has one");
        Assert.All(bounds.Zip(bounds.Skip(1)), static pair => Assert.True(pair.Second <= pair.First * 1.51, "two buckets an octave"));
    }

    /// <summary>Prometheus's own tool agrees.</summary>
    [Fact]
    public void PromtoolFindsNothingEither()
    {
        string? promtool = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(static directory => Path.Combine(directory, "promtool")).FirstOrDefault(File.Exists);
        Assert.True(promtool is not null, "promtool is not in PATH; ./test unpacks it, and Debian has it in the package prometheus.");
        Exercise();
        Assert.Equal((0, ""), Run(promtool, _server.Metrics(), "check", "metrics"));
        (int code, string said) = Run(promtool, "", "check", "rules", Path.Combine(RepositoryPaths.Root, "deploy", "prometheus", "unkey.rules.yml"));
        Assert.True(code == 0, said);
    }

    [Fact]
    public void TheDashboardAsksForMetricsThatAreThere()
    {
        using JsonDocument dashboard = JsonDocument.Parse(Deployed("grafana/unkey.json"));
        JsonElement root = dashboard.RootElement;
        Assert.True(root.GetProperty("schemaVersion").GetInt32() >= 38, "Grafana 10 or newer");
        Assert.Equal("unkey", root.GetProperty("uid").GetString());
        JsonElement source = Assert.Single(root.GetProperty("templating").GetProperty("list").EnumerateArray(), static variable => variable.GetProperty("type").GetString() == "datasource");
        Assert.Equal(("datasource", "prometheus"), (source.GetProperty("name").GetString(), source.GetProperty("query").GetString()));
        JsonElement[] panels = [.. root.GetProperty("panels").EnumerateArray()];
        Assert.Equal(panels.Length, panels.Select(static panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.Equal(panels.Length, panels.Select(static panel => panel.GetProperty("title").GetString()).Distinct().Count());
        (int X, int Y)[] places = [.. panels.Select(static panel => (panel.GetProperty("gridPos").GetProperty("x").GetInt32(), panel.GetProperty("gridPos").GetProperty("y").GetInt32()))];
        Assert.Equal(panels.Length, places.Distinct().Count());
        List<string> queries = [];
        foreach (JsonElement panel in panels.Where(static panel => panel.GetProperty("type").GetString() != "row"))
        {
            Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString());
            JsonElement[] targets = [.. panel.GetProperty("targets").EnumerateArray()];
            Assert.NotEmpty(targets);
            Assert.Equal(targets.Length, targets.Select(static target => target.GetProperty("refId").GetString()).Distinct().Count());
            queries.AddRange(targets.Select(static target => target.GetProperty("expr").GetString()!));
        }

        CheckNames(queries);
    }

    [Fact]
    public void TheAlertsAskForMetricsThatAreThere()
    {
        string rules = Deployed("prometheus/unkey.rules.yml");
        string[] names = [.. Alert().Matches(rules).Select(static match => match.Groups[1].Value)];
        Assert.True(names.Length >= 10, "there are alerts");
        Assert.Equal(names.Length, names.Distinct().Count());
        string[] queries = [.. Query().Matches(rules).Select(static match => match.Groups[1].Value)];
        Assert.Equal(names.Length, queries.Length);
        Assert.Equal(names.Length, Regex.Count(rules, @"^ +severity: (critical|warning)$", RegexOptions.Multiline));
        Assert.Equal(names.Length, Regex.Count(rules, @"^ +summary: ", RegexOptions.Multiline));
        CheckNames(queries);
    }

    private static (int Code, string Output) Run(string program, string input, params string[] arguments)
    {
        ProcessStartInfo info = new(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        Assert.True(process.WaitForExit(Poll.Deadline), "it ends");
        return (process.ExitCode, output);
    }

    private static string Deployed(string path) => File.ReadAllText(Path.Combine(RepositoryPaths.Root, "deploy", path));

    // Metrics are found by their names, and the labels that are asked for in braces and by 'by'.
    private void CheckNames(IReadOnlyCollection<string> queries)
    {
        Exposition metrics = new(_server.Metrics());
        Assert.NotEmpty(queries);
        foreach (string query in queries)
        {
            string[] used = [.. Name().Matches(query).Select(static match => match.Value).Distinct()];
            Assert.True(used.Length > 0, $"'{query}' asks for no metric");
            Assert.Empty(used.Except(metrics.SampleNames));
            foreach (Match selector in Selector().Matches(query))
            {
                IEnumerable<string> labels = Label().Matches(selector.Groups[2].Value).Select(static match => match.Groups[1].Value);
                Assert.Empty(labels.Except([.. metrics.Labels(selector.Groups[1].Value), "job", "instance"]));
                foreach (Match exact in ExactLabel().Matches(selector.Groups[2].Value).Where(static match => match.Groups[1].Value != "job"))
                {
                    Assert.Contains(exact.Groups[2].Value, metrics.Values(selector.Groups[1].Value, exact.Groups[1].Value));
                }
            }
        }
    }

    private void Exercise()
    {
        using ApiClient client = _server.Client();
        client.Verify(client.CreateKey(client.CreateApi()).Key);
        client.Post("ratelimit.limit", """{"namespace":"n","identifier":"i","limit":1,"duration":1000}""");
        using RawConnection connection = _server.Connect();
        connection.Send("GET /path_of_a_client HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Equal(404, connection.Read().Status);
    }

    [GeneratedRegex(@"\b(?:unkey|process)_[a-z0-9_]+\b")]
    private static partial Regex Name();

    [GeneratedRegex(@"\b((?:unkey|process)_[a-z0-9_]+)\{([^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"([a-z_]+)\s*(?:=~|!~|!=|=)")]
    private static partial Regex Label();

    [GeneratedRegex("""([a-z_]+)\s*=\s*"([^"]*)""")]
    private static partial Regex ExactLabel();

    [GeneratedRegex(@"^ +- alert: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Alert();

    [GeneratedRegex(@"^ +expr: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Query();

    /// <summary>A server with everything on that has metrics.</summary>
    public sealed class RunningServer : IDisposable
    {
        internal ServerProcess Server { get; } = ServerProcess.Start(new ServerSetup { Options = ["--event-sink", "file", "--request-log", "all", "--v1"] });

        public void Dispose() => Server.Dispose();
    }
}
