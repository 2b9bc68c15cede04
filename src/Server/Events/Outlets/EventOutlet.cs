using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;
using Microsoft.Extensions.Logging;
using Unkey.Server.Hosting;

namespace Unkey.Server.Events.Outlets;

/// <summary>Writes every event as a line to a target that may be slow, full or gone, and that nobody waits for.</summary>
/// <remarks>
/// At most once: a batch is offered when it is sealed, waits in a bounded queue, and is written by a thread of its own. What finds no room or is not taken is lost
/// to the target alone, counted, told once in the log, and told in the target itself by a line of type <c>lost</c> as soon as it takes lines again. The event
/// store gets everything regardless.
/// </remarks>
internal sealed class EventOutlet : IDisposable
{
    /// <summary>Bytes of events that wait; as text they are about three times as many, but are made a piece at a time.</summary>
    internal const long QueuedBytesMax = 16 * 1024 * 1024;

    private const int PieceBytes = 64 * 1024;

    // A target that has taken nothing for so long is stuck, and the stop of the server is not its to delay.
    private static readonly TimeSpan s_stuckAfter = TimeSpan.FromSeconds(2);

    private readonly ILineTarget _target;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Queue<EventBatch> _queue = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly EventLines _lines = new();
    private readonly Thread _thread;

    // Under the lock.
    private long _queuedBytes;
    private long _untold;
    private long _lostBefore;
    private bool _isDown;
    private bool _isStopping;

    private long _written;
    private long _lost;

    /// <summary>Creates the outlet.</summary>
    /// <param name="target">Where lines go; the outlet's from now on.</param>
    /// <param name="logger">For changes of state.</param>
    /// <param name="time">The clock.</param>
    public EventOutlet(ILineTarget target, ILogger logger, TimeProvider time)
    {
        _target = target;
        _logger = logger;
        _time = time;
        _thread = new Thread(Run) { Name = "event-outlet", IsBackground = true };
    }

    /// <summary>Lines of events that the target has. Any thread.</summary>
    // ORDER: none needed, here and below; counts.
    public long Written => Volatile.Read(ref _written);

    /// <summary>Events that the target did not get. Any thread.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Whether the target takes lines. Any thread.</summary>
    public bool IsUp
    {
        get
        {
            lock (_lock)
            {
                return !_isDown;
            }
        }
    }

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Offers a batch; never waits. Any thread.</summary>
    public void Offer(EventBatch batch)
    {
        bool isFirstLoss = false;
        lock (_lock)
        {
            if (_isStopping || (_queue.Count > 0 && _queuedBytes + batch.Events.Length > QueuedBytesMax))
            {
                isFirstLoss = Lose(batch.Count);
            }
            else
            {
                _queue.Enqueue(batch);
                _queuedBytes += batch.Events.Length;
                _arrived.Release();
            }
        }

        if (isFirstLoss)
        {
            EventLog.OutletDown(_logger, _target.Description, "it does not read as fast as events come");
        }
    }

    /// <summary>Writes what waits, as long as the target takes it within a while, and ends.</summary>
    /// <param name="timeout">How long it may take, as long as it goes on; what is left then is lost.</param>
    public void Close(TimeSpan timeout)
    {
        lock (_lock)
        {
            if (_isStopping)
            {
                return;
            }

            _isStopping = true;
            _arrived.Release();
        }

        if ((_thread.ThreadState & System.Threading.ThreadState.Unstarted) != 0 || JoinWhileItWrites(timeout))
        {
            _target.Dispose();
            _lines.Dispose();
            _arrived.Dispose();
            return;
        }

        // The thread is inside a write that does not return. It ends with the process, and what it uses is left to it.
        long left = 0;
        lock (_lock)
        {
            foreach (EventBatch batch in _queue)
            {
                left += batch.Count;
            }
        }

        EventLog.OutletAbandoned(_logger, _target.Description, left);
    }

    /// <inheritdoc/>
    public void Dispose() => Close(TimeSpan.Zero);

    private bool JoinWhileItWrites(TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        long before;
        do
        {
            before = Written + Lost;
            TimeSpan left = timeout - Stopwatch.GetElapsedTime(start);
            TimeSpan wait = left < s_stuckAfter ? left : s_stuckAfter;
            if (_thread.Join(wait > TimeSpan.Zero ? wait : TimeSpan.Zero))
            {
                return true;
            }
        }
        while (Written + Lost != before && Stopwatch.GetElapsedTime(start) < timeout);

        return false;
    }

    private void Run()
    {
        BackgroundThread.Begin();
        while (true)
        {
            _arrived.Wait();
            EventBatch? batch;
            lock (_lock)
            {
                if (!_queue.TryDequeue(out batch))
                {
                    // Only the end is announced without a batch. What is missing may still be told.
                    break;
                }
            }

            try
            {
                Write(batch);
            }
#pragma warning disable CA1031 // The thread must not end: every later event would be lost.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                EventLog.Fault(_logger, exception);
            }

            lock (_lock)
            {
                // Counted until now, so that what is being written counts towards the bound.
                _queuedBytes -= batch.Events.Length;
            }
        }

        _ = TryTellLoss();
    }

    private void Write(EventBatch batch)
    {
        int left = batch.Count;
        int offset = 0;
        bool goesOn = TryTellLoss();
        _lines.Clear();
        while (goesOn && batch.TryNext(ref offset, out ReadOnlySpan<byte> payload))
        {
            _lines.Add(payload);
            BackgroundThread.Breathe();
            if (_lines.Written.Length >= PieceBytes)
            {
                goesOn = TryWriteLines(ref left);
            }
        }

        if (goesOn)
        {
            _ = TryWriteLines(ref left);
        }

        if (left > 0)
        {
            lock (_lock)
            {
                Lose(left);
            }

            return;
        }

        TellRecovery();
    }

    // Only a whole batch is a sign of recovery: a full disk may have room for a short line.
    private void TellRecovery()
    {
        long lost;
        lock (_lock)
        {
            if (!_isDown || _untold > 0)
            {
                return;
            }

            _isDown = false;
            lost = Lost - _lostBefore;
            _lostBefore = Lost;
        }

        EventLog.OutletUp(_logger, _target.Description, lost);
    }

    private bool TryWriteLines(ref int left)
    {
        if (_lines.Count > 0 && !TryWrite())
        {
            return false;
        }

        // ORDER: none needed; a count with one writer.
        Volatile.Write(ref _written, _written + _lines.Count);
        left -= _lines.Count;
        _lines.Clear();
        return true;
    }

    private bool TryTellLoss()
    {
        long untold;
        lock (_lock)
        {
            untold = _untold;
        }

        if (untold == 0)
        {
            return true;
        }

        _lines.Clear();
        _lines.AddLost(_time.GetUtcNow().ToUnixTimeMilliseconds(), untold);
        if (!TryWrite())
        {
            return false;
        }

        lock (_lock)
        {
            _untold -= untold;
        }

        return true;
    }

    private bool TryWrite()
    {
        try
        {
            _target.Write(_lines.Written);
            return true;
        }
        catch (IOException exception)
        {
            bool isFirst;
            lock (_lock)
            {
                isFirst = !_isDown;
                _isDown = true;
            }

            if (isFirst)
            {
                EventLog.OutletDown(_logger, _target.Description, exception.Message);
            }

            return false;
        }
    }

    // Under the lock. True when this is what took the outlet down.
    private bool Lose(long count)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The caller holds the lock.");

        // ORDER: none needed; a count, written under the lock.
        Volatile.Write(ref _lost, _lost + count);
        _untold += count;
        bool isFirst = !_isDown;
        _isDown = true;
        return isFirst;
    }
}
