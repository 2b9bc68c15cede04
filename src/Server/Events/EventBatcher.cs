using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Microsoft.Extensions.Logging;
using Unkey.Engine.Events;
using Unkey.Server.Events.Outlets;
using Unkey.Server.Hosting;

namespace Unkey.Server.Events;

/// <summary>Empties the rings into batches and seals them, by age or by size. One thread of its own.</summary>
/// <remarks>
/// An event leaves its ring only when the batch that holds it is on the disk. Then the ring's head moves, and only then the batch goes to the
/// delivery: a batch that was delivered and removed is never found in a ring again.
/// </remarks>
internal sealed class EventBatcher : IDisposable
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_pauseAfterFault = TimeSpan.FromMilliseconds(500);

    private readonly IReadOnlyList<EventRing> _rings;
    private readonly long[] _positions;
    private readonly RingPosition[] _sealed;
    private readonly EventSpool _spool;
    private readonly EventDelivery _delivery;
    private readonly EventOutlet? _outlet;
    private readonly EventPipelineOptions _options;
    private readonly ILogger _logger;
    private readonly EventBatchBuilder _builder = new();

    // Waited for fifty times a second, and nearly always in vain: no spinning before.
    private readonly ManualResetEventSlim _stopping = new(false, spinCount: 0);
    private readonly Thread _thread;
    private long _firstAt;
    private long _dropped;
    private bool _isSpoolDown;
    private bool _isSpoolFull;

    /// <summary>Creates the batcher.</summary>
    public EventBatcher(IReadOnlyList<EventRing> rings, EventSpool spool, EventDelivery delivery, EventOutlet? outlet, EventPipelineOptions options, ILogger logger)
    {
        _rings = rings;
        _positions = [.. rings.Select(static ring => ring.Head)];
        _sealed = new RingPosition[rings.Count];
        _spool = spool;
        _delivery = delivery;
        _outlet = outlet;
        _options = options;
        _logger = logger;
        _thread = new Thread(Run) { Name = "events", IsBackground = true };
    }

    /// <summary>Events dropped because the spool was full. Any thread.</summary>
    // ORDER: none needed; a count.
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Seals what is in the rings and ends the thread. Producers must have stopped.</summary>
    public void Dispose()
    {
        _stopping.Set();
        _thread.Join();
        _stopping.Dispose();
    }

    private void Run()
    {
        BackgroundThread.Begin();
        bool isLast = false;
        while (!isLast)
        {
            // Read before the rings are: what was published before the stop is gathered below.
            isLast = _stopping.IsSet;
            bool isSound = RunOnce(isLast);
            _stopping.Wait(isSound ? s_poll : s_pauseAfterFault);
        }
    }

    private bool RunOnce(bool isLast)
    {
        try
        {
            while (Gather())
            {
                if (!Seal())
                {
                    return false;
                }
            }

            return _builder.Count == 0 || (!isLast && Stopwatch.GetElapsedTime(_firstAt) < _options.BatchAgeMax) || Seal();
        }
#pragma warning disable CA1031 // The thread must not end: events would pile up in the rings and be dropped.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            EventLog.Fault(_logger, exception);
            return false;
        }
    }

    /// <summary>Takes what is in the rings.</summary>
    /// <returns>Whether the batch is full.</returns>
    private bool Gather()
    {
        if (IsFull())
        {
            return true;
        }

        for (int i = 0; i < _rings.Count; i++)
        {
            while (_rings[i].TryRead(ref _positions[i], out ReadOnlySpan<byte> payload))
            {
                if (_builder.Count == 0)
                {
                    _firstAt = Stopwatch.GetTimestamp();
                }

                // A kind that this version does not know is left out.
                _ = _builder.Add(payload);
                BackgroundThread.Breathe(_builder.Count);
                if (IsFull())
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool IsFull() => _builder.Count >= _options.BatchEventsMax || _builder.Bytes >= _options.BatchBytesMax;

    private bool Seal()
    {
        for (int i = 0; i < _rings.Count; i++)
        {
            _sealed[i] = new RingPosition(_rings[i].Id, _positions[i]);
        }

        (long Number, EventBatch Batch)? batch;
        try
        {
            batch = _spool.Seal(_builder, _sealed);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_isSpoolDown)
            {
                _isSpoolDown = true;
                EventLog.SpoolDown(_logger, exception.Message);
            }

            return false;
        }

        TellSpoolState(batch is null);
        if (batch is null)
        {
            // ORDER: none needed; a count with one writer.
            Volatile.Write(ref _dropped, _dropped + _builder.Count);
        }

        // Also when the spool is full: what the store cannot take is no reason to hide it here.
        _outlet?.Offer(batch?.Batch ?? EventSpool.BatchOf(_builder));
        _options.LastUse.Note(_builder.Events.Span);

        _builder.Clear();
        for (int i = 0; i < _rings.Count; i++)
        {
            _rings[i].Release(_positions[i]);
        }

        if (batch is { } made)
        {
            _delivery.Enqueue(made.Number, made.Batch);
        }

        return true;
    }

    private void TellSpoolState(bool isFull)
    {
        if (_isSpoolDown)
        {
            _isSpoolDown = false;
            EventLog.SpoolUp(_logger);
        }

        if (isFull && !_isSpoolFull)
        {
            EventLog.SpoolFull(_logger, _spool.Bytes);
        }
        else if (!isFull && _isSpoolFull)
        {
            EventLog.SpoolHasRoom(_logger, Dropped);
        }

        _isSpoolFull = isFull;
    }
}
