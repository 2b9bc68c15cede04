using System;
using System.Collections.Generic;
using System.Linq;

namespace Unkey.Server.Events;

/// <summary>Which batch is delivered next, and whose fault a failure is: the sink's, or the batch's own. Not thread-safe; makes no call.</summary>
/// <remarks>
/// <para>
/// Of what waits, the newest and the oldest take turns. A batch that failed stands back until a success, so that each attempt tells something new
/// about the sink: it is down when two batches in a row failed, or one alone several times.
/// </para>
/// <para>
/// A batch that failed, while others came through since its last failure, is a suspect. Suspects have pauses of their own, say nothing about
/// the sink, and are given up after a number of such failures. While nothing comes through nobody becomes more suspect, so a sink that is down
/// for days, or refuses everybody, costs no batch.
/// </para>
/// </remarks>
internal sealed class DeliveryOrder(DeliveryPauses pauses)
{
    private const int FailuresOfOneBatch = 5;

    private readonly SortedSet<long> _waiting = [];
    private readonly Queue<long> _stoodBack = new();
    private readonly Dictionary<long, Failure> _failures = [];
    private readonly Dictionary<long, TimeSpan> _suspects = [];
    private long _successes;
    private long? _lastFailed;
    private int _failuresInRow;
    private bool _tookFresh;
    private bool _tookSuspect;

    /// <summary>Whether the sink takes nothing, as far as is known.</summary>
    public bool IsSinkDown { get; private set; }

    /// <summary>Adds a batch.</summary>
    public void Add(long number) => _waiting.Add(number);

    /// <summary>The batch to deliver now.</summary>
    /// <param name="now">Time since any fixed moment.</param>
    /// <param name="isLast">Whether the delivery ends: then only what has not failed yet is tried.</param>
    /// <returns>Its number, or <see langword="null"/> when there is none; see <see cref="NextDue"/>.</returns>
    public long? Next(TimeSpan now, bool isLast)
    {
        // A suspect may take until a deadline to fail, so another batch has its turn in between.
        if (!isLast && !_tookSuspect && _failuresInRow == 0 && Due(now) is { } suspect)
        {
            _tookSuspect = true;
            return suspect;
        }

        _tookSuspect = false;
        if (_waiting.Count > 0)
        {
            _tookFresh = !_tookFresh;
            return _tookFresh ? _waiting.Max : _waiting.Min;
        }

        if (isLast)
        {
            return null;
        }

        return _stoodBack.Count > 0 ? _stoodBack.Peek() : Due(now);
    }

    /// <summary>When a batch is due although nothing is added; <see langword="null"/> for never.</summary>
    public TimeSpan? NextDue() => _suspects.Count == 0 ? null : _suspects.Values.Min();

    /// <summary>Notes that the sink has a batch.</summary>
    public void Delivered(long number)
    {
        Forget(number);
        _successes++;
        _failuresInRow = 0;
        _lastFailed = null;
        IsSinkDown = false;
        while (_stoodBack.TryDequeue(out long back))
        {
            _waiting.Add(back);
        }
    }

    /// <summary>Notes that there is nothing to deliver any more under this number.</summary>
    public void Forget(long number)
    {
        _waiting.Remove(number);
        _suspects.Remove(number);
        _failures.Remove(number);
        if (_stoodBack.TryPeek(out long first) && first == number)
        {
            _stoodBack.Dequeue();
        }
    }

    /// <summary>Notes that a delivery failed.</summary>
    /// <param name="number">Of the batch; it stays here.</param>
    /// <param name="now">Time since any fixed moment.</param>
    /// <param name="took">How long the attempt took.</param>
    /// <returns>How often it failed while others came through: 0 when this failure may be the sink's.</returns>
    public int Failed(long number, TimeSpan now, TimeSpan took)
    {
        Failure failure = _failures.GetValueOrDefault(number, new Failure(0, 0, _successes));
        bool othersCameThrough = _successes > failure.SuccessesBefore;
        failure = new Failure(failure.Alone + (othersCameThrough ? 1 : 0), failure.Alone > 0 || othersCameThrough ? failure.AsSuspect + 1 : 0, _successes);
        _failures[number] = failure;
        if (failure.Alone > 0)
        {
            _waiting.Remove(number);
            _suspects[number] = now + pauses.OfBatch(failure.AsSuspect, took);
            return failure.Alone;
        }

        if (_waiting.Remove(number) || _stoodBack.TryDequeue(out _))
        {
            _stoodBack.Enqueue(number);
        }

        _failuresInRow++;
        IsSinkDown |= (_lastFailed is { } last && last != number) || _failuresInRow >= FailuresOfOneBatch;
        _lastFailed = number;
        return 0;
    }

    private long? Due(TimeSpan now)
    {
        foreach ((long number, TimeSpan due) in _suspects)
        {
            if (due <= now)
            {
                return number;
            }
        }

        return null;
    }

    /// <param name="Alone">Failures while others came through.</param>
    /// <param name="AsSuspect">Those, and the ones that came while nothing was tried but suspects.</param>
    /// <param name="SuccessesBefore">Successes of all when it failed last.</param>
    private readonly record struct Failure(int Alone, int AsSuspect, long SuccessesBefore);
}
