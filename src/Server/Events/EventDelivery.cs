using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace Unkey.Server.Events;

/// <summary>Brings sealed batches to the sink, again and again until it has them.</summary>
/// <remarks>
/// One batch at a time, as <see cref="DeliveryOrder"/> says: the newest one first, because it is in memory and what people look at; after it the oldest
/// that waits, so that a backlog shrinks at full speed while fresh events keep coming through. A batch that the sink refuses again and again while it
/// takes others is set aside. Pauses double, with jitter.
/// </remarks>
internal sealed class EventDelivery : IAsyncDisposable
{
    // Batches in memory; the files of older ones are read again.
    private const int KeptMax = 4;

    private readonly IEventSink _sink;
    private readonly EventSpool _spool;
    private readonly DeliveryPauses _pauses;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly DeliveryOrder _order;
    private readonly DeliveryBacklog _backlog;
    private readonly SortedDictionary<long, EventBatch> _kept = [];
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _abandon = new();
    private readonly TaskCompletionSource _stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _run = Task.CompletedTask;
    private TimeSpan _pause;
    private long _delivered;
    private long _batches;
    private long _failures;
    private long _rejected;
    private bool _isDown;
    private long? _faulted;
    private long _tried = -1;

    /// <summary>Creates the delivery; what is in the spool waits.</summary>
    public EventDelivery(IEventSink sink, EventSpool spool, DeliveryPauses pauses, ILogger logger)
    {
        _sink = sink;
        _spool = spool;
        _pauses = pauses;
        _pause = pauses.SinkMin;
        _logger = logger;
        _order = new DeliveryOrder(pauses);
        _backlog = new DeliveryBacklog(pauses.BacklogPeriod);
        foreach (long number in spool.Numbers())
        {
            _order.Add(number);
        }
    }

    /// <summary>Events that the sink has. Any thread.</summary>
    // ORDER: none needed, here and below; counts.
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Batches that the sink has. Any thread.</summary>
    public long Batches => Volatile.Read(ref _batches);

    /// <summary>Deliveries that failed. Any thread.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Batches that were given up, because the sink refused them and took others. Any thread.</summary>
    // ORDER: none needed; a count with one writer.
    public long Rejected => Volatile.Read(ref _rejected);

    /// <summary>Whether batches come faster than the sink takes them. Any thread.</summary>
    public bool IsBacklogGrowing => _backlog.IsGrowing;

    /// <summary>Whether the sink takes batches, as far as is known. Any thread.</summary>
    // ORDER: none needed; a state for the metrics.
    public bool IsUp => !Volatile.Read(ref _isDown);

    /// <summary>Starts delivering.</summary>
    public void Start() => _run = Task.Run(RunAsync);

    /// <summary>Adds a sealed batch. Any thread.</summary>
    public void Enqueue(long number, EventBatch batch)
    {
        lock (_lock)
        {
            _order.Add(number);
            _kept[number] = batch;
            if (_kept.Count > KeptMax)
            {
                DropOldest();
            }

            Wake();
        }
    }

    /// <summary>Delivers what waits, as long as the sink takes it, and ends. What is left stays in the spool for the next start.</summary>
    /// <param name="timeout">How long it may take.</param>
    public async Task StopAsync(TimeSpan timeout)
    {
        if (!_stopping.TrySetResult())
        {
            return;
        }

        lock (_lock)
        {
            Wake();
        }

        _abandon.CancelAfter(timeout);
        await _run.ConfigureAwait(false);
        _abandon.Dispose();
        _wake.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero).ConfigureAwait(false);

    private static TimeSpan Now() => Stopwatch.GetElapsedTime(0);

    private async Task RunAsync()
    {
        while (!_abandon.IsCancellationRequested)
        {
            bool isLast = _stopping.Task.IsCompleted;
            if (Next(isLast, out TimeSpan wait) is not { } number)
            {
                if (isLast)
                {
                    return;
                }

                await ((Task)_wake.WaitAsync(wait, _abandon.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            if (await TryDeliverAsync(number).ConfigureAwait(false))
            {
                continue;
            }

            if (!IsUp && _stopping.Task.IsCompleted)
            {
                return;
            }

            TimeSpan jittered = _pause * (0.5 + Random.Shared.NextDouble());
            _pause = _pause * 2 < _pauses.SinkMax ? _pause * 2 : _pauses.SinkMax;
            await Task.WhenAny(Task.Delay(jittered, _abandon.Token), _stopping.Task).ConfigureAwait(false);
        }
    }

    // In the lock. The file of the batch stays; its memory is for the next ones, unless the sink reads it just now.
    private void DropOldest()
    {
        using SortedDictionary<long, EventBatch>.Enumerator oldest = _kept.GetEnumerator();
        oldest.MoveNext();
        (long number, EventBatch batch) = oldest.Current;
        _kept.Remove(number);
        if (number != _tried)
        {
            _spool.Reuse(batch);
        }
    }

    // In the lock, which makes the count no race.
    private void Wake()
    {
        if (_wake.CurrentCount == 0)
        {
            _wake.Release();
        }
    }

    private long? Next(bool isLast, out TimeSpan wait)
    {
        lock (_lock)
        {
            TimeSpan now = Now();
            long? number = _order.Next(now, isLast);
            wait = number is null && _order.NextDue() is { } due ? TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, (due - now).TotalMilliseconds))) : Timeout.InfiniteTimeSpan;
            return number;
        }
    }

    /// <summary>Delivers a batch.</summary>
    /// <returns>False when the sink is to have a pause.</returns>
    private async Task<bool> TryDeliverAsync(long number)
    {
        EventBatch? batch;
        lock (_lock)
        {
            batch = _kept.GetValueOrDefault(number);
            _tried = number;
        }

        TimeSpan start = Now();
        try
        {
            batch ??= _spool.Read(number);
            if (batch is not null)
            {
                await _sink.DeliverAsync(batch, _abandon.Token).ConfigureAwait(false);
                _spool.Remove(number);
            }
        }
        catch (Exception exception) when (exception is EventSinkException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return Failed(number, batch, exception.Message, start);
        }
#pragma warning disable CA1031 // The task must not end: batches would pile up in the spool.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (_faulted != number)
            {
                _faulted = number;
                EventLog.Fault(_logger, exception);
            }

            return Failed(number, batch, exception.GetType().Name, start);
        }

        if (batch is null)
        {
            Forget(number);
            return true;
        }

        Succeeded(number, batch.Count);
        _spool.Reuse(batch);
        return true;
    }

    private bool Failed(long number, EventBatch? batch, string reason, TimeSpan start)
    {
        // ORDER: none needed, here and below; counts with one writer.
        Volatile.Write(ref _failures, _failures + 1);
        if (_abandon.IsCancellationRequested)
        {
            return false;
        }

        int alone;
        bool isDown;
        lock (_lock)
        {
            TimeSpan now = Now();
            alone = _order.Failed(number, now, now - start);
            isDown = _order.IsSinkDown;
            if (_kept.TryGetValue(number, out EventBatch? kept))
            {
                // An attempt that was given up may still be read somewhere: the memory is left to the collector.
                _kept[number] = kept with { Memory = null };
            }
        }

        if (alone >= _pauses.BatchAttemptsMax)
        {
            Reject(number, batch?.Count ?? 0, alone, reason);
        }

        if (isDown && IsUp)
        {
            Volatile.Write(ref _isDown, true); // ORDER: none needed; a flag with one writer.
            EventLog.SinkDown(_logger, _sink.Description, reason);
        }

        return alone > 0;
    }

    private void Reject(long number, int events, int attempts, string reason)
    {
        try
        {
            string? path = _spool.Reject(number);
            if (path is null)
            {
                EventLog.RejectedAndRemoved(_logger, _sink.Description, events, attempts, reason);
            }
            else
            {
                EventLog.Rejected(_logger, _sink.Description, events, attempts, path, reason);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It stays a suspect and is tried again after its pause.
            return;
        }

        // ORDER: none needed, as above.
        Volatile.Write(ref _rejected, _rejected + 1);
        Forget(number);
    }

    private void Forget(long number)
    {
        lock (_lock)
        {
            _order.Forget(number);
            _kept.Remove(number);
        }
    }

    private void Succeeded(long number, int events)
    {
        lock (_lock)
        {
            _order.Delivered(number);
            _kept.Remove(number);
        }

        _pause = _pauses.SinkMin;

        // ORDER: none needed, as above.
        Volatile.Write(ref _delivered, _delivered + events);
        Volatile.Write(ref _batches, _batches + 1);
        if (!IsUp)
        {
            Volatile.Write(ref _isDown, false);
            EventLog.SinkUp(_logger, _sink.Description, _spool.Count);
        }

        if (_backlog.Note(Now(), _spool.Count))
        {
            if (_backlog.IsGrowing)
            {
                EventLog.SinkSlow(_logger, _sink.Description, _spool.Count);
            }
            else
            {
                EventLog.SinkCaughtUp(_logger, _sink.Description);
            }
        }
    }
}
