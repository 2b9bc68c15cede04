using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Otlp;

/// <summary>Metrics, logs and traces by OTLP to a collector of the test: what arrives, and what a collector that is gone costs.</summary>
public sealed class OtlpTests : IDisposable
{
    private readonly Collector _collector = new();

    public void Dispose() => _collector.Dispose();

    [Fact]
    public void WhatTheMetricsShowAndWhatIsLoggedArrives()
    {
        const int Calls = 7;
        string[] shown;
        List<string> secrets = [];
        using (ServerProcess server = ServerProcess.Start(Setup(
            ("OTEL_SERVICE_NAME", "keys-of-a-test"), ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=ci"), ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=tenant of a test"))))
        {
            using ApiClient client = server.Client();
            CreatedKey key = client.CreateKey(client.CreateApi());
            secrets.AddRange([key.Key, client.RootKey]);
            for (int i = 0; i < Calls; i++)
            {
                Assert.Equal("VALID", client.Verify(key.Key).Code);
            }

            // A request that is a fault of its client, with secrets where they could be logged.
            client.Send(new ApiRequest("keys.verifyKey", "{" + key.Key) { Authorization = "Bearer " + client.RootKey });
            Poll.Until(() => _collector.Metric("unkey_http_requests_total", "endpoint=keys.verifyKey,outcome=valid") == Calls, "the counter arrives");
            Poll.Until(() => _collector.Metric("unkey_http_request_duration_seconds_count", "endpoint=keys.verifyKey") == Calls + 1, "the latencies arrive");
            shown = [.. Names(server.Metrics())];
            server.Stop();
        }

        // The same samples under the same names, and nothing else.
        Collector.Point[] points = [.. _collector.Points()];
        Assert.Equal(shown.Order(StringComparer.Ordinal), points.Select(static point => point.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.All(
            points,
            static point => Assert.Equal(
                point.Name.EndsWith("_total", StringComparison.Ordinal) || point.Name.Contains("_duration_seconds_", StringComparison.Ordinal), point.IsCumulativeCounter));
        Assert.Equal(Calls + 1, _collector.Metric("unkey_http_request_duration_seconds_bucket", "endpoint=keys.verifyKey,le=+Inf"));
        Assert.InRange(_collector.Metric("unkey_http_request_duration_seconds_sum", "endpoint=keys.verifyKey")!.Value, 1e-9, 60);
        Assert.Equal(1, _collector.Metric("unkey_store_up"));
        Assert.Equal(2, _collector.Metric("unkey_keys"));

        // The last of each signal come with the end.
        (string Severity, string Text, Dictionary<string, string> Attributes)[] entries = [.. _collector.Entries()];
        Assert.Contains(entries, static entry => entry.Text.StartsWith("Ready: API on http://127.0.0.1:", StringComparison.Ordinal) && entry.Attributes["Admin"].Length > 0);
        Assert.Contains(entries, static entry => entry.Text.StartsWith("Stopped after ", StringComparison.Ordinal));
        Assert.All(entries, static entry => Assert.Contains(entry.Severity, (string[])["Information", "Info", "INFO", "Warning", "Warn", "WARN"]));
        Assert.All(_collector.Exports, export =>
        {
            Assert.Equal(("keys-of-a-test", "ci"), (export.Resource["service.name"], export.Resource["deployment.environment.name"]));
            Assert.Equal(("application/x-protobuf", "tenant of a test"), (export.ContentType, export.Tenant));
            Assert.All(secrets, secret => Assert.True(export.Body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, "no secret is exported"));
        });
        Assert.Single(_collector.Exports.Select(static export => export.Resource["service.instance.id"]).Distinct());
    }

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "")]
    public void WithoutAnEndpointOrTurnedOffNothingOfItRuns(string name, string value)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // The control: the SDK's threads are found by their names.
        using (ServerProcess server = ServerProcess.Start(Setup()))
        {
            Poll.Until(() => SdkThreads(server) == 3, "there is a thread for each signal");
        }

        int before = _collector.Requests;
        using (ServerProcess server = ServerProcess.Start(Setup((name, value))))
        {
            Assert.Equal(0, SdkThreads(server));
            Assert.DoesNotContain("OpenTelemetry", File.ReadAllText($"/proc/{server.ProcessId}/maps"), StringComparison.Ordinal);
        }

        Assert.Equal(before, _collector.Requests);
    }

    [Fact]
    public void OneSignalCanBeTurnedOff()
    {
        using (ServerProcess server = ServerProcess.Start(Setup(("OTEL_LOGS_EXPORTER", "none"))))
        {
            Poll.Until(() => _collector.Metric("unkey_store_up") == 1, "metrics arrive");
        }

        Assert.Empty(_collector.Entries());
    }

    /// <summary>Nobody listens, or somebody who never answers: verification goes on, the stop does not wait, and one entry for each signal says so.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ADeadCollectorHoldsUpNothingAndIsLoggedOnce(bool hangs)
    {
        ServerSetup setup = Setup(
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "300"), ("OTEL_BLRP_SCHEDULE_DELAY", "100"), ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("OTEL_TRACES_SAMPLER", "always_on"));
        if (hangs)
        {
            _collector.Hang();
        }
        else
        {
            _collector.Dispose();
        }

        using ServerProcess server = ServerProcess.Start(setup);
        using ApiClient client = server.Client();
        string key = client.CreateKey(client.CreateApi()).Key;
        Poll.Until(() => Count(server, "CollectorDown") == 3, "each signal fails");
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 500; i++)
        {
            Assert.Equal("VALID", client.Verify(key).Code);
        }

        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10), "verification does not wait for the collector");
        Poll.Until(() => server.Metric("unkey_trace_spans_dropped_total") > 0, "what was not taken is counted");
        start = Stopwatch.GetTimestamp();
        server.Stop();
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(12), "the stop does not wait for the collector");
        Assert.Equal(3, Count(server, "CollectorDown"));
        server.AwaitOutput("\"Stopped\"");
    }

    [Fact]
    public void ACollectorThatComesBackGetsTheCountersAsTheyAre()
    {
        _collector.Status = 503;
        using ServerProcess server = ServerProcess.Start(Setup());
        using ApiClient client = server.Client();
        client.Verify(client.CreateKey(client.CreateApi()).Key);
        Poll.Until(() => Count(server, "CollectorDown") >= 1 && _collector.Requests >= 5, "exports fail");
        Assert.Empty(_collector.Exports);
        _collector.Status = 200;
        Poll.Until(() => _collector.Metric("unkey_http_requests_total", "endpoint=keys.verifyKey,outcome=valid") == 1, "the counter arrives");
        Poll.Until(() => Count(server, "CollectorUp") >= 1, "the log says so");
    }

    [Fact]
    public void WhatCannotBeStopsTheStartAndNamesItsVariable()
    {
        CommandRun run = CommandRun.Of(
            ["serve", "--listen", "127.0.0.1:0", "--admin", "off", "--data", Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())],
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "hidden_header_value"));
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' is not an address", run.Errors, StringComparison.Ordinal);
        Assert.Contains("OTEL_EXPORTER_OTLP_HEADERS: ", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden_header_value", run.Errors, StringComparison.Ordinal);
    }

    private static int Count(ServerProcess server, string entry) => server.Output.Split('\n').Count(line => line.Contains($"\"event\":\"{entry}\"", StringComparison.Ordinal));

    private static int SdkThreads(ServerProcess server) => Directory.GetDirectories($"/proc/{server.ProcessId}/task")
        .Select(static task => File.ReadAllText(Path.Combine(task, "comm")))
        .Count(static name => name.StartsWith("OpenTelemetry", StringComparison.Ordinal) || name == "traces\n");

    private static IEnumerable<string> Names(string metrics) => metrics.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(static line => line[0] != '#').Select(static line => line[..line.AsSpan().IndexOfAny('{', ' ')]).Distinct();

    private ServerSetup Setup(params (string Name, string Value)[] more) => new()
    {
        Environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Endpoint), ("OTEL_METRIC_EXPORT_INTERVAL", "100"), .. more],
    };
}
