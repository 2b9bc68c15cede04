using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Trace;
using Unkey.Protocol;
using Unkey.Server.Diagnostics.Requests;

namespace Unkey.Server.Diagnostics.Otlp;

/// <summary>Makes spans of the requests that a trace shows, and sends them to the collector: a thread of its own, behind bounded queues of the reactors.</summary>
/// <remarks>
/// Reactors write plain marks (<see cref="MarkRing"/>); the objects of the SDK are made here. While the collector is slow the queues fill, and what finds no
/// room is dropped and counted. Names and attributes are those of the semantic conventions for HTTP servers, stable since 1.23. A path that is not
/// served is left out, because a client may have put anything there.
/// </remarks>
internal sealed class RequestTraces : IDisposable
{
    private const string SourceName = "unkey";
    private const string OtherMethod = "_OTHER";

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly MarkRing[] _rings;
    private readonly EndpointLabels _endpoints;
    private readonly TimeProvider _time;
    private readonly ActivitySource _source = new(SourceName);
    private readonly SpanBatch _batch;
    private readonly TracerProvider _provider;
    private readonly TimeSpan _delay;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private bool _isDisposed;

    internal RequestTraces(int reactorCount, EndpointLabels endpoints, OtlpOptions options, TraceSampling sampling, ILogger logger, TimeProvider time)
    {
        _rings = [.. Enumerable.Range(0, reactorCount).Select(static _ => new MarkRing())];
        _endpoints = endpoints;
        _time = time;
        _delay = options.TraceDelay;
        Sampling = sampling;
        CollectorWatch watch = new("traces");
        watch.Attach(logger);
        (_provider, _batch) = OtlpExport.Traces(options, SourceName, watch);
        _thread = new Thread(Run) { Name = "traces", IsBackground = true };
    }

    internal TraceSampling Sampling { get; }

    internal IReadOnlyList<MarkRing> Rings => _rings;

    /// <summary>Spans that the collector took. Any thread.</summary>
    internal long Exported => _batch.Exported;

    /// <summary>Spans that found no room or that the collector did not take. Any thread.</summary>
    internal long Dropped => _batch.Failed + _rings.Sum(static ring => ring.Dropped);

    /// <summary>Spans that wait. Any thread.</summary>
    internal long Waiting => _batch.Count + _rings.Sum(static ring => ring.Count);

    internal void Start() => _thread.Start();

    /// <summary>Sends what waits, if the collector takes it at once, and ends. After the reactors.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _stop.Set();

        // A collector that does not answer gets no more than this; the thread does not keep the process alive.
        if (!_thread.IsAlive || _thread.Join(TimeSpan.FromSeconds(2)))
        {
            _provider.Dispose();
            _source.Dispose();
            _stop.Dispose();
        }
    }

    private void Run()
    {
        long sentAt = _time.GetTimestamp();
        bool isLast;
        do
        {
            isLast = _stop.Wait(s_pause);
            foreach (MarkRing ring in _rings)
            {
                // BOUND: what was there when the turn began.
                for (long n = ring.Count; n > 0 && ring.TryRead(out RequestMark mark); n--)
                {
                    Span(in mark);
                }
            }

            if (isLast || _time.GetElapsedTime(sentAt) >= _delay)
            {
                _batch.Send();
                sentAt = _time.GetTimestamp();
            }
        }
        while (!isLast);
    }

    // Starting an activity takes it to the batch when it stops; nothing is current on this thread before or after.
    private void Span(in RequestMark mark)
    {
        DateTimeOffset start = _time.GetUtcNow() - _time.GetElapsedTime(mark.StartTimestamp);
        string method = MethodName(mark.Method);
        string? route = _endpoints.RouteOf(mark.Endpoint);
        using Activity? span = _source.StartActivity(
            ActivityKind.Server, ContextOf(in mark.Parent), startTime: start, name: $"{(method == OtherMethod ? "HTTP" : method)}{(route is null ? "" : " " + route)}");
        if (span is null)
        {
            return;
        }

        span.SetTag("http.request.method", method);
        span.SetTag("url.scheme", "http");
        if (route is not null)
        {
            span.SetTag("http.route", route);
            span.SetTag("url.path", route);
        }

        span.SetTag("http.response.status_code", (int)mark.Status);
        span.SetTag("network.protocol.version", mark.IsHttp11 ? "1.1" : "1.0");
        span.SetTag("unkey.request_id", mark.RequestId);
        const int FirstServerError = 500;
        if (mark.Status >= FirstServerError)
        {
            span.SetTag("error.type", mark.Status.ToString(CultureInfo.InvariantCulture));
            span.SetStatus(ActivityStatusCode.Error);
        }

        // An end that equals the start would be taken for none.
        TimeSpan elapsed = _time.GetElapsedTime(0, mark.ElapsedTicks);
        span.SetEndTime((start + (elapsed > TimeSpan.Zero ? elapsed : TimeSpan.FromTicks(1))).UtcDateTime);
    }

    private static ActivityContext ContextOf(in TraceParent parent)
    {
        if (!parent.Exists)
        {
            return default;
        }

        Span<byte> trace = stackalloc byte[16];
        Span<byte> span = stackalloc byte[8];
        parent.WriteTraceId(trace);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(span, parent.SpanId);
        return new ActivityContext(
            ActivityTraceId.CreateFromBytes(trace),
            ActivitySpanId.CreateFromBytes(span),
            parent.IsSampled ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None,
            isRemote: true);
    }

    private static string MethodName(HttpMethod method) => method switch
    {
        HttpMethod.Get => "GET",
        HttpMethod.Head => "HEAD",
        HttpMethod.Post => "POST",
        HttpMethod.Options => "OPTIONS",
        HttpMethod.Connect => "CONNECT",
        HttpMethod.Trace => "TRACE",
        _ => OtherMethod,
    };
}
