using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;

namespace Unkey.Server.Diagnostics;

/// <summary>All counters of the process, and their text for <c>/metrics</c>.</summary>
/// <remarks>Reactors write their own <see cref="ReactorMetrics"/>; nothing here is written on a hot path. Reading costs the reader, not the writers.</remarks>
public sealed class Metrics
{
    // Room for what the text may have grown by since the last one.
    private const int TextBytesMore = 8 * 1024;

    private static readonly (HandshakeResult Result, string Label)[] s_handshakeLabels =
    [
        (HandshakeResult.Completed, "completed"),
        (HandshakeResult.Failed, "failed"),
        (HandshakeResult.TimedOut, "timeout"),
        (HandshakeResult.Abandoned, "abandoned"),
        (HandshakeResult.PlainHttp, "plain_http"),
        (HandshakeResult.Displaced, "displaced"),
    ];

    // Of the bounds of a histogram's buckets: 2^10 ns is a microsecond; 2^34 ns are 17 seconds. Two steps an octave are enough for a quantile on a dashboard.
    private const int FirstExponent = 10;
    private const int LastExponent = 34;

    private static readonly (long Ns, string Label)[] s_bounds =
    [
        .. from exponent in Enumerable.Range(FirstExponent, LastExponent - FirstExponent + 1)
           from half in (long[])[0, 1]
           let ns = (1L << exponent) + (half * (1L << (exponent - 1)))
           select (ns, (ns / 1e9).ToString("0.############", CultureInfo.InvariantCulture)),
    ];

    private readonly EndpointLabels _endpoints;
    private readonly ReactorMetrics[] _reactors;
    private readonly List<Gauge> _gauges = [];
    private readonly double _startedAtSeconds;
    private readonly string _version;
    private int _textBytes = TextBytesMore;

    /// <summary>Makes the counters of a server.</summary>
    /// <param name="reactorCount">Reactor threads, 1 or more.</param>
    /// <param name="version">Version of the program, for the build-information metric.</param>
    /// <param name="operations">Paths of the operations that are served; each has a label of its own.</param>
    public Metrics(int reactorCount, string version, IEnumerable<string> operations)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(reactorCount, 1);
        _endpoints = new EndpointLabels(operations);
        _version = version;
        _reactors = new ReactorMetrics[reactorCount];
        for (int i = 0; i < reactorCount; i++)
        {
            _reactors[i] = new ReactorMetrics(_endpoints);
        }

        // Within milliseconds of the true start; the exact one would need /proc, which a container may not have.
        _startedAtSeconds = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
    }

    /// <summary>Whether TLS is served, and its handshakes are told. Set before the admin listener starts.</summary>
    public bool TellsHandshakes { get; set; }

    /// <summary>Number of reactors.</summary>
    public int ReactorCount => _reactors.Length;

    /// <summary>The labels of the endpoints.</summary>
    internal EndpointLabels Endpoints => _endpoints;

    /// <summary>The counters of one reactor; only its thread may write them.</summary>
    /// <param name="index">0 to <see cref="ReactorCount"/> - 1.</param>
    /// <returns>The same object every time.</returns>
    public ReactorMetrics Reactor(int index) => _reactors[index];

    /// <summary>Adds a value that is read when somebody asks for the metrics. Before the admin listener starts; not thread-safe.</summary>
    /// <param name="name">Metric name, such as <c>unkey_keys</c>.</param>
    /// <param name="help">One line of meaning.</param>
    /// <param name="read">Reads the value; called on any thread, must not throw.</param>
    /// <param name="isCounter">Whether the value only grows.</param>
    public void Add(string name, string help, Func<long> read, bool isCounter = false) => _gauges.Add(new Gauge(name, help, read, isCounter));

    /// <summary>The whole exposition.</summary>
    /// <returns>UTF-8 text of content type <see cref="PrometheusText.ContentType"/>.</returns>
    public ReadOnlyMemory<byte> Render()
    {
        // ORDER: none needed, here and below; a guess.
        PrometheusText text = new(Volatile.Read(ref _textBytes));
        WriteTo(text);
        Volatile.Write(ref _textBytes, text.Written.Length + TextBytesMore);
        return text.Written;
    }

    /// <summary>Tells every metric as it is now. Any thread.</summary>
    /// <param name="writer">Is told; the order is the same every time, and so are the metrics once the server has started.</param>
    internal void WriteTo(IMetricWriter writer)
    {
        writer.Begin("unkey_build_info", "gauge", "Constant 1, labelled with the version.");
        writer.Sample("unkey_build_info", 1L, new("version", _version), new("runtime", Environment.Version.ToString()));
        WriteRequests(writer);
        WriteLatency(writer);
        WriteConnections(writer);
        WriteReactors(writer);
        WriteHandshakes(writer);
        foreach (Gauge gauge in _gauges)
        {
            Single(writer, gauge.Name, gauge.IsCounter ? "counter" : "gauge", gauge.Help, gauge.Read());
        }

        WriteProcess(writer);
    }

    private static void Single(IMetricWriter writer, string name, string type, string help, long value)
    {
        writer.Begin(name, type, help);
        writer.Sample(name, value);
    }

    private void WriteRequests(IMetricWriter writer)
    {
        const string Name = "unkey_http_requests_total";
        writer.Begin(Name, "counter", "Requests by endpoint and outcome.");
        for (int e = 0; e < _endpoints.Names.Count; e++)
        {
            RequestEndpoint endpoint = new(e);
            int outcomes = endpoint.IsVerification || endpoint.IsLimit ? OutcomeLabels.Count : OutcomeLabels.CommonCount;
            for (int o = 0; o < outcomes; o++)
            {
                RequestOutcome outcome = (RequestOutcome)o;
                long total = 0;
                foreach (ReactorMetrics reactor in _reactors)
                {
                    total += reactor.Requests(endpoint, outcome);
                }

                writer.Sample(Name, total, new("endpoint", _endpoints.Names[e]), new("outcome", OutcomeLabels.Of(outcome)));
            }
        }
    }

    private void WriteLatency(IMetricWriter writer)
    {
        const string Name = "unkey_http_request_duration_seconds";
        writer.Begin(Name, "histogram", "From the first byte of a request parsed to its answer handed to the socket.");
        WriteHistogram(writer, Name, "keys.verifyKey", static reactor => reactor.VerifyLatency);
        WriteHistogram(writer, Name, "ratelimit", static reactor => reactor.LimitLatency);
        WriteHistogram(writer, Name, "other", static reactor => reactor.OtherLatency);
    }

    private void WriteHistogram(IMetricWriter writer, string name, string endpoint, Func<ReactorMetrics, LatencyHistogram> select)
    {
        MetricLabel label = new("endpoint", endpoint);
        long[] totals = LatencyHistogram.NewTotals();
        long sum = 0;
        foreach (ReactorMetrics reactor in _reactors)
        {
            LatencyHistogram histogram = select(reactor);
            sum += histogram.SumNanoseconds;
            histogram.AddTo(totals);
        }

        long cumulative = 0;
        int bucket = 0;
        string ofBuckets = name + "_bucket";
        foreach ((long bound, string text) in s_bounds)
        {
            while (bucket < totals.Length && LatencyHistogram.UpperBoundOf(bucket) <= bound)
            {
                cumulative += totals[bucket++];
            }

            writer.Sample(ofBuckets, cumulative, label, new("le", text));
        }

        for (; bucket < totals.Length; bucket++)
        {
            cumulative += totals[bucket];
        }

        // The count is the sum of the buckets read, so that the two agree while requests go on.
        writer.Sample(ofBuckets, cumulative, label, new("le", "+Inf"));
        writer.Sample(name + "_sum", sum / 1e9, label);
        writer.Sample(name + "_count", cumulative, label);
    }

    private void WriteConnections(IMetricWriter writer)
    {
        long closed = Sum(static reactor => reactor.ConnectionsClosed);
        long accepted = Sum(static reactor => reactor.ConnectionsAccepted);
        Single(writer, "unkey_connections_open", "gauge", "Client connections that are open.", Math.Max(accepted - closed, 0));
        Single(writer, "unkey_connections_accepted_total", "counter", "Client connections accepted.", accepted);
        Single(writer, "unkey_connections_refused_total", "counter", "Client connections turned away at a limit.", Sum(static reactor => reactor.ConnectionsRefused));
        Single(writer, "unkey_received_bytes_total", "counter", "Bytes read from client sockets.", Sum(static reactor => reactor.ReceivedBytes));
        Single(writer, "unkey_sent_bytes_total", "counter", "Bytes taken by client sockets.", Sum(static reactor => reactor.SentBytes));
        Single(writer, "unkey_connection_faults_total", "counter", "Exceptions caught at the edge of one connection; each is a bug.", Sum(static reactor => reactor.Faults));
    }

    private void WriteHandshakes(IMetricWriter writer)
    {
        const string Name = "unkey_tls_handshakes_total";
        if (!TellsHandshakes)
        {
            return;
        }

        writer.Begin(Name, "counter", "TLS handshakes by how they ended.");
        foreach ((HandshakeResult result, string label) in s_handshakeLabels)
        {
            writer.Sample(Name, Sum(reactor => reactor.Handshakes(result)), new MetricLabel("result", label));
        }
    }

    private void WriteReactors(IMetricWriter writer)
    {
        writer.Begin("unkey_reactor_allocated_bytes_total", "counter", "Managed bytes allocated by a reactor's thread, sampled by that thread.");
        for (int i = 0; i < _reactors.Length; i++)
        {
            writer.Sample("unkey_reactor_allocated_bytes_total", _reactors[i].AllocatedBytes, new MetricLabel("reactor", i.ToString(CultureInfo.InvariantCulture)));
        }

        writer.Begin("unkey_reactor_turns_total", "counter", "Turns of a reactor's loop.");
        for (int i = 0; i < _reactors.Length; i++)
        {
            writer.Sample("unkey_reactor_turns_total", _reactors[i].Turns, new MetricLabel("reactor", i.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private void WriteProcess(IMetricWriter writer)
    {
        // Not the precise figure: that one stops every thread, the reactors too. This one counts the eight kilobytes that a thread allocates from as soon as it has them.
        Single(writer, "unkey_managed_allocated_bytes_total", "counter", "Managed bytes allocated by all threads since the start.", GC.GetTotalAllocatedBytes(precise: false));
        Single(writer, "unkey_managed_heap_bytes", "gauge", "Managed bytes in use, as far as known without a collection.", GC.GetTotalMemory(forceFullCollection: false));
        writer.Begin("unkey_gc_collections_total", "counter", "Garbage collections by generation.");
        for (int generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            writer.Sample(
                "unkey_gc_collections_total", (long)GC.CollectionCount(generation), new MetricLabel("generation", generation.ToString(CultureInfo.InvariantCulture)));
        }

        writer.Begin("unkey_gc_pause_seconds_total", "counter", "Time that collections held all managed threads.");
        writer.Sample("unkey_gc_pause_seconds_total", GC.GetTotalPauseDuration().TotalSeconds);
        writer.Begin("process_start_time_seconds", "gauge", "Start of the process, seconds since 1970.");
        writer.Sample("process_start_time_seconds", Math.Round(_startedAtSeconds, 3));
        writer.Begin("process_cpu_seconds_total", "counter", "Processor time used, user and system.");
        writer.Sample("process_cpu_seconds_total", Environment.CpuUsage.TotalTime.TotalSeconds);
        Single(writer, "process_resident_memory_bytes", "gauge", "Resident memory.", Environment.WorkingSet);
    }

    private long Sum(Func<ReactorMetrics, long> read)
    {
        long total = 0;
        foreach (ReactorMetrics reactor in _reactors)
        {
            total += read(reactor);
        }

        return total;
    }

    private readonly record struct Gauge(string Name, string Help, Func<long> Read, bool IsCounter);
}
