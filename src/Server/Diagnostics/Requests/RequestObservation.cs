using System;
using Microsoft.Extensions.Logging;
using Unkey.Server.Diagnostics.Otlp;
using Unkey.Server.Hosting;

namespace Unkey.Server.Diagnostics.Requests;

/// <summary>What looks at single requests, as the options ask for it: the log of slow ones, and traces. Made once at the start; ends after the reactors.</summary>
internal sealed class RequestObservation : IDisposable
{
    private readonly SlowRequests? _slow;
    private readonly RequestTraces? _traces;
    private readonly TimeProvider _time;
    private readonly long _slowTicks;

    /// <summary>Makes what the options ask for and adds its counters to the metrics.</summary>
    internal RequestObservation(ServerOptions options, Metrics metrics, ILoggerFactory loggers, TimeProvider time)
    {
        _time = time;
        if (options.SlowRequest > TimeSpan.Zero)
        {
            _slowTicks = (long)(options.SlowRequest.TotalSeconds * time.TimestampFrequency);
            _slow = new SlowRequests(options.Threads, metrics.Endpoints, loggers.CreateLogger("Unkey.Requests"), time);
            _slow.Start();
        }

        if (options.Otlp is { Traces: { } sampling } otlp)
        {
            _traces = new RequestTraces(options.Threads, metrics.Endpoints, otlp, sampling, loggers.CreateLogger("Unkey.Otlp"), time);
            _traces.Start();
        }

        metrics.Add("unkey_slow_requests_total", "Requests that took --slow-request or longer; 0 while it is off.", () => _slow?.Seen ?? 0, isCounter: true);
        metrics.Add("unkey_trace_spans_exported_total", "Spans that the OTLP collector took.", () => _traces?.Exported ?? 0, isCounter: true);
        metrics.Add(
            "unkey_trace_spans_dropped_total", "Spans dropped: the queue was full, or the OTLP collector did not take them.", () => _traces?.Dropped ?? 0, isCounter: true);
        metrics.Add("unkey_trace_queue_spans", "Spans that wait for their export.", () => _traces?.Waiting ?? 0);
    }

    /// <summary>What a reactor tells of its requests; <see langword="null"/> when nobody wants to know.</summary>
    /// <param name="reactor">Index of the reactor.</param>
    internal RequestWatch? Watch(int reactor) => _slow is null && _traces is null
        ? null
        : new RequestWatch(_time, _slow?.Rings[reactor], _slowTicks, _traces?.Rings[reactor], _traces?.Sampling ?? new TraceSampling(0, FollowsParent: false));

    /// <summary>Writes and sends what waits, for a moment, and ends. Twice is once.</summary>
    public void Dispose()
    {
        _slow?.Dispose();
        _traces?.Dispose();
    }
}
