using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.Extensions.Logging;

namespace Unkey.Server.Diagnostics.Requests;

/// <summary>Writes what was slow into the log, from a thread of its own: at most <see cref="LinesPerSecondMax"/> entries a second, and the rest as a number.</summary>
internal sealed class SlowRequests : IDisposable
{
    /// <summary>Most entries a second: a server whose disk stalls is slow for everybody, and its log must stay readable.</summary>
    internal const int LinesPerSecondMax = 10;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly MarkRing[] _rings;
    private readonly EndpointLabels _endpoints;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;

    // The thread's alone.
    private long _secondStartedAt;
    private int _linesOfSecond;
    private long _suppressed;
    private long _droppedSeen;

    // ORDER: none needed. One thread writes; others read a counter that may be a little old, untorn.
    private long _seen;

    internal SlowRequests(int reactorCount, EndpointLabels endpoints, ILogger logger, TimeProvider time)
    {
        _rings = new MarkRing[reactorCount];
        for (int i = 0; i < reactorCount; i++)
        {
            _rings[i] = new MarkRing();
        }

        _endpoints = endpoints;
        _logger = logger;
        _time = time;
        _secondStartedAt = time.GetTimestamp();
        _thread = new Thread(Run) { Name = "slow-requests", IsBackground = true };
    }

    /// <summary>Slow requests so far, those included that the log does not show. Any thread.</summary>
    internal long Seen => Volatile.Read(ref _seen);

    internal IReadOnlyList<MarkRing> Rings => _rings;

    internal void Start() => _thread.Start();

    /// <summary>Writes what waits and ends. After the reactors.</summary>
    public void Dispose()
    {
        _stop.Set();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _stop.Dispose();
    }

    /// <summary>One round; the thread's, or a test's in its place.</summary>
    internal void Drain()
    {
        long dropped = 0;
        foreach (MarkRing ring in _rings)
        {
            // BOUND: what was there when the turn began.
            for (long n = ring.Count; n > 0 && ring.TryRead(out RequestMark mark); n--)
            {
                Tell(in mark);
            }

            dropped += ring.Dropped;
        }

        _suppressed += dropped - _droppedSeen;
        Volatile.Write(ref _seen, _seen + dropped - _droppedSeen);
        _droppedSeen = dropped;
        CloseSecond();
    }

    private void Run()
    {
        bool isLast;
        do
        {
            isLast = _stop.Wait(s_pause);
            Drain();
        }
        while (!isLast);

        if (_suppressed > 0)
        {
            RequestsLog.SlowSuppressed(_logger, _suppressed);
        }
    }

    private void Tell(in RequestMark mark)
    {
        CloseSecond();
        Volatile.Write(ref _seen, _seen + 1);
        if (_linesOfSecond == LinesPerSecondMax)
        {
            _suppressed++;
            return;
        }

        _linesOfSecond++;
        double milliseconds = Math.Round(_time.GetElapsedTime(0, mark.ElapsedTicks).TotalMilliseconds, 3);
        RequestsLog.Slow(_logger, _endpoints.Names[mark.Endpoint.Index], mark.Status, milliseconds, mark.RequestId);
    }

    private void CloseSecond()
    {
        long now = _time.GetTimestamp();
        if (_time.GetElapsedTime(_secondStartedAt, now) < TimeSpan.FromSeconds(1))
        {
            return;
        }

        if (_suppressed > 0)
        {
            RequestsLog.SlowSuppressed(_logger, _suppressed);
        }

        _secondStartedAt = now;
        _linesOfSecond = 0;
        _suppressed = 0;
    }
}
