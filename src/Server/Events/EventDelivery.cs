using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace Unkey.Server.Events;

/// <summary>Brings sealed batches to the sink, again and again until it has them.</summary>
/// <remarks>
/// One batch at a time. The newest one goes first, because it is in memory and what people look at; after it the oldest that waits, so that a
/// backlog shrinks at full speed while fresh events keep coming through. Pauses double from a quarter of a second to half a minute, with jitter.
/// </remarks>
internal sealed class EventDelivery : IAsyncDisposable
{
    // Batches in memory; the files of older ones are read again.
    private const int KeptMax = 4;

    private static readonly TimeSpan s_pauseMin = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_pauseMax = TimeSpan.FromSeconds(30);

    private readonly IEventSink _sink;
    private readonly EventSpool _spool;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly SortedSet<long> _waiting;
    private readonly SortedDictionary<long, EventBatch> _kept = [];
    private readonly SemaphoreSlim _arrived = new(0, 1);
    private readonly CancellationTokenSource _abandon = new();
    private readonly TaskCompletionSource _stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _run = Task.CompletedTask;
    private long _delivered;
    private long _batches;
    private long _failures;
    private bool _tookFresh;
    private bool _isDown;

    /// <summary>Creates the delivery; what is in the spool waits.</summary>
    public EventDelivery(IEventSink sink, EventSpool spool, ILogger logger)
    {
        _sink = sink;
        _spool = spool;
        _logger = logger;
        _waiting = [.. spool.Numbers()];
    }

    /// <summary>Events that the sink has. Any thread.</summary>
    // ORDER: none needed, here and below; counts.
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Batches that the sink has. Any thread.</summary>
    public long Batches => Volatile.Read(ref _batches);

    /// <summary>Deliveries that failed. Any thread.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Whether the last delivery succeeded. Any thread.</summary>
    // ORDER: none needed; a state for the metrics.
    public bool IsUp => !Volatile.Read(ref _isDown);

    /// <summary>Starts delivering.</summary>
    public void Start() => _run = Task.Run(RunAsync);

    /// <summary>Adds a sealed batch. Any thread.</summary>
    public void Enqueue(long number, EventBatch batch)
    {
        lock (_lock)
        {
            _waiting.Add(number);
            _kept[number] = batch;
            if (_kept.Count > KeptMax)
            {
                using SortedDictionary<long, EventBatch>.KeyCollection.Enumerator oldest = _kept.Keys.GetEnumerator();
                oldest.MoveNext();
                _kept.Remove(oldest.Current);
            }

            if (_arrived.CurrentCount == 0)
            {
                _arrived.Release();
            }
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

        _abandon.CancelAfter(timeout);
        await _run.ConfigureAwait(false);
        _abandon.Dispose();
        _arrived.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero).ConfigureAwait(false);

    private async Task RunAsync()
    {
        TimeSpan pause = s_pauseMin;
        while (!_abandon.IsCancellationRequested)
        {
            if (Next() is not { } number)
            {
                if (_stopping.Task.IsCompleted)
                {
                    return;
                }

                await Task.WhenAny(_arrived.WaitAsync(_abandon.Token), _stopping.Task).ConfigureAwait(false);
                continue;
            }

            if (await TryDeliverAsync(number).ConfigureAwait(false))
            {
                pause = s_pauseMin;
                continue;
            }

            if (_stopping.Task.IsCompleted)
            {
                return;
            }

            TimeSpan jittered = pause * (0.5 + Random.Shared.NextDouble());
            pause = pause * 2 < s_pauseMax ? pause * 2 : s_pauseMax;
            await Task.WhenAny(Task.Delay(jittered, _abandon.Token), _stopping.Task).ConfigureAwait(false);
        }
    }

    private long? Next()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                return null;
            }

            _tookFresh = !_tookFresh;
            return _tookFresh ? _waiting.Max : _waiting.Min;
        }
    }

    private async Task<bool> TryDeliverAsync(long number)
    {
        EventBatch? batch;
        lock (_lock)
        {
            batch = _kept.GetValueOrDefault(number);
        }

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
            Failed(exception.Message);
            return false;
        }
#pragma warning disable CA1031 // The task must not end: batches would pile up in the spool.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            EventLog.Fault(_logger, exception);
            Failed(exception.GetType().Name);
            return false;
        }

        lock (_lock)
        {
            _waiting.Remove(number);
            _kept.Remove(number);
        }

        Succeeded(batch?.Count ?? 0);
        return true;
    }

    private void Failed(string reason)
    {
        // ORDER: none needed, here and below; counts with one writer.
        Volatile.Write(ref _failures, _failures + 1);
        if (!_isDown && !_abandon.IsCancellationRequested)
        {
            Volatile.Write(ref _isDown, true);
            EventLog.SinkDown(_logger, _sink.Description, reason);
        }
    }

    private void Succeeded(int events)
    {
        // ORDER: none needed, as above.
        Volatile.Write(ref _delivered, _delivered + events);
        Volatile.Write(ref _batches, _batches + 1);
        if (_isDown)
        {
            Volatile.Write(ref _isDown, false);
            EventLog.SinkUp(_logger, _sink.Description, _spool.Count);
        }
    }
}
