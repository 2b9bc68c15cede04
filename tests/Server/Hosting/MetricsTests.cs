using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text;
using CsCheck;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.V1;
using Unkey.Server.Diagnostics;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

public sealed class MetricsTests
{
    private const string CreateKeyPath = "/v2/keys.createKey";

    private static RequestEndpoint CreateKey => new EndpointLabels([CreateKeyPath]).Of(CreateKeyPath);

    [Fact]
    public void EveryOutcomeHasALabelOfItsOwn()
    {
        Assert.Equal(OutcomeLabels.Count, Enum.GetValues<RequestOutcome>().Length);
        Assert.Equal(OutcomeLabels.Count, Enum.GetValues<RequestOutcome>().Select(OutcomeLabels.Of).Distinct().Count());
    }

    [Fact]
    public void EveryOperationHasALabelOfItsOwnAndNothingElseHasOne()
    {
        string[] paths = [.. AllOperations.Create().Concat(V1Operations.Create()).Select(static operation => operation.Path), "/v1/keys.verifyKey"];
        EndpointLabels labels = new(paths);
        Dictionary<string, string> wanted = paths.ToDictionary(
            static path => path, static path => path.Replace("/v2/", "", StringComparison.Ordinal).Replace("/v1/", "v1.", StringComparison.Ordinal));
        Assert.Equal(labels.Names.Count, labels.Names.Distinct().Count());
        Assert.Equal(paths.Length, paths.Select(labels.Of).Distinct().Count());
        Assert.All(paths, path => Assert.Equal(wanted[path], labels.Names[labels.Of(path).Index]));
        Assert.Equal(["admin", "documents", "liveness", "malformed", "unknown"], labels.Names.Except(wanted.Values).Order());
        Assert.Equal(RequestEndpoint.VerifyKey, labels.Of("/v2/keys.verifyKey"));
        Assert.Equal(RequestEndpoint.Limit, labels.Of("/v2/ratelimit.limit"));
        Assert.Equal(RequestEndpoint.MultiLimit, labels.Of("/v2/ratelimit.multiLimit"));
        Assert.Equal(RequestEndpoint.V1VerifyKey, labels.Of("/v1/keys.verifyKey"));
        Assert.Equal(RequestEndpoint.V1Limit, labels.Of("/v1/ratelimits.limit"));
        Assert.Equal("liveness", labels.Names[RequestEndpoint.Liveness.Index]);
        Assert.Equal("documents", labels.Names[RequestEndpoint.Document.Index]);
        Assert.Equal("admin", labels.Names[RequestEndpoint.Admin.Index]);
        Assert.Equal("malformed", labels.Names[RequestEndpoint.Malformed.Index]);
        foreach (string stranger in new[] { "/v2/other", "/v1/other", "/v2/malformed", "keys.verifyKey", "", "/v2/keys.verifyKey/" })
        {
            Assert.Equal(RequestEndpoint.Unknown, labels.Of(stranger));
        }
    }

    [Fact]
    public void ABucketHoldsItsValuesWithinSixPercent() =>
        Gen.Long[0, (1L << LatencyHistogram.MaxExponent) - 1].Sample(value =>
        {
            int bucket = LatencyHistogram.BucketOf(value);
            long upper = LatencyHistogram.UpperBoundOf(bucket);
            long lower = bucket == 0 ? 0 : LatencyHistogram.UpperBoundOf(bucket - 1);
            Assert.InRange(value, lower, upper - 1);
            Assert.True(upper - lower <= Math.Max(1, lower / LatencyHistogram.StepsPerOctave), $"{lower}..{upper}");
        });

    [Fact]
    public void TooLongADurationLandsInTheLastBucket()
    {
        int last = LatencyHistogram.NewTotals().Length - 1;
        Assert.Equal(last, LatencyHistogram.BucketOf((1L << LatencyHistogram.MaxExponent) - 1));
        Assert.Equal(last, LatencyHistogram.BucketOf(long.MaxValue));
        LatencyHistogram histogram = new();
        histogram.Record(-5);
        Assert.Equal(1, histogram.Count);
        Assert.Equal(0, histogram.SumNanoseconds);
    }

    [Fact]
    public void CountersOfAllReactorsAreAddedUp()
    {
        Metrics metrics = new(2, "1.2.3", [CreateKeyPath]);
        metrics.Reactor(0).RequestCompleted(RequestEndpoint.VerifyKey, RequestOutcome.Valid);
        metrics.Reactor(1).RequestCompleted(RequestEndpoint.VerifyKey, RequestOutcome.Valid);
        metrics.Reactor(1).RequestCompleted(CreateKey, RequestOutcome.ClientError);
        metrics.Reactor(0).ConnectionOpened();
        metrics.Reactor(1).ConnectionOpened();
        metrics.Reactor(1).ConnectionClosed();
        metrics.Reactor(1).ConnectionRefused();
        metrics.Reactor(0).BytesReceived(10);
        metrics.Reactor(0).BytesSent(20);
        metrics.Add("unkey_keys", "Keys in memory.", static () => 7);
        Dictionary<string, double> samples = Parse(metrics.Render().Span);
        Assert.Equal(2, samples["unkey_http_requests_total{endpoint=\"keys.verifyKey\",outcome=\"valid\"}"]);
        Assert.Equal(1, samples["unkey_http_requests_total{endpoint=\"keys.createKey\",outcome=\"client_error\"}"]);
        Assert.Equal(0, samples["unkey_http_requests_total{endpoint=\"keys.createKey\",outcome=\"success\"}"]);
        Assert.Equal(1, samples["unkey_connections_open"]);
        Assert.Equal(2, samples["unkey_connections_accepted_total"]);
        Assert.Equal(1, samples["unkey_connections_refused_total"]);
        Assert.Equal(10, samples["unkey_received_bytes_total"]);
        Assert.Equal(20, samples["unkey_sent_bytes_total"]);
        Assert.Equal(7, samples["unkey_keys"]);
        Assert.True(samples["unkey_managed_allocated_bytes_total"] > 0);
    }

    [Fact]
    public void TheHistogramIsCumulativeAndEndsWithItsCount()
    {
        Metrics metrics = new(2, "1.2.3", [CreateKeyPath]);
        for (int i = 0; i < 1000; i++)
        {
            metrics.Reactor(i & 1).RecordLatency(RequestEndpoint.VerifyKey, (long)(i * 1e-6 * Stopwatch.Frequency));
        }

        metrics.Reactor(0).RecordLatency(CreateKey, Stopwatch.Frequency);
        Dictionary<string, double> samples = Parse(metrics.Render().Span);
        const string Bucket = "unkey_http_request_duration_seconds_bucket{endpoint=\"keys.verifyKey\",le=\"";
        double[] cumulative = samples.Where(s => s.Key.StartsWith(Bucket, StringComparison.Ordinal)).Select(s => s.Value).ToArray();
        Assert.Equal(cumulative.Order(), cumulative);
        Assert.Equal(1000, cumulative[^1]);
        Assert.Equal(1000, samples["unkey_http_request_duration_seconds_count{endpoint=\"keys.verifyKey\"}"]);
        Assert.Equal(0.4995, samples["unkey_http_request_duration_seconds_sum{endpoint=\"keys.verifyKey\"}"], 4);
        Assert.Equal(1, samples["unkey_http_request_duration_seconds_count{endpoint=\"other\"}"]);

        // 0.000512 s is not on the list of bounds, 0.000524288 s is: 2^19 ns hold the values of 0 to 524 microseconds.
        Assert.Equal(525, samples[Bucket + "0.000524288\"}"]);
    }

    [Fact]
    public void EverySampleBelongsToADeclaredMetricAndIsNamedOnce()
    {
        string text = Encoding.UTF8.GetString(new Metrics(1, "1", []).Render().Span);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        HashSet<string> declared = [];
        HashSet<string> seen = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Assert.True(declared.Add(line.Split(' ')[2]), line);
            }
            else if (line[0] != '#')
            {
                string name = line[..line.IndexOfAny(['{', ' '])];
                string family = name;
                foreach (string suffix in new[] { "_bucket", "_sum", "_count" })
                {
                    if (!declared.Contains(family) && name.EndsWith(suffix, StringComparison.Ordinal))
                    {
                        family = name[..^suffix.Length];
                    }
                }

                Assert.Contains(family, declared);
                Assert.True(seen.Add(line[..line.LastIndexOf(' ')]), line);
            }
        }
    }

    [Fact]
    public void CountingAllocatesNothing()
    {
        ReactorMetrics reactor = new Metrics(1, "1", []).Reactor(0);
        Count(reactor, 10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Count(reactor, 10_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    /// <summary>Asked for every few seconds all day long: the text and little besides.</summary>
    [Fact]
    public void RenderingAllocatesLittleMoreThanTheText()
    {
        Metrics metrics = new(4, "1", [CreateKeyPath]);
        int text = metrics.Render().Length;
        metrics.Render();
        long before = GC.GetAllocatedBytesForCurrentThread();
        metrics.Render();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // The spare room of the text, the totals of three histograms, and what the system is asked for.
        Assert.InRange(allocated, text, text + (48 * 1024));
    }

    private static void Count(ReactorMetrics reactor, int times)
    {
        for (int i = 0; i < times; i++)
        {
            reactor.RequestCompleted(RequestEndpoint.VerifyKey, RequestOutcome.Valid);
            reactor.RecordLatency(RequestEndpoint.VerifyKey, i);
            reactor.ConnectionOpened();
            reactor.ConnectionClosed();
            reactor.ConnectionRefused();
            reactor.BytesReceived(1);
            reactor.BytesSent(1);
            reactor.TurnCompleted();
        }
    }

    private static Dictionary<string, double> Parse(ReadOnlySpan<byte> exposition)
    {
        Dictionary<string, double> samples = [];
        foreach (string line in Encoding.UTF8.GetString(exposition).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != '#')
            {
                int blank = line.LastIndexOf(' ');
                samples.Add(line[..blank], double.Parse(line[(blank + 1)..], CultureInfo.InvariantCulture));
            }
        }

        return samples;
    }
}
