using System;
using System.Collections.Generic;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Unkey.Server.Events.Sqlite.Sums;
using Unkey.Server.Hosting;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite;

/// <summary>Sums events by minute, hour, day and month. The store's thread only.</summary>
/// <remarks>
/// Events are summed in memory when they are stored, and the sums are written together: keys come again, and a row of a roll-up that is written once
/// instead of with every batch is most of what a busy store saves. Few events are written at once; many sums wait fifty times as long as it took to write the last
/// ones, and as these are likely to take, so that they never take more than a fiftieth of the time, at most <see cref="PauseMaxMs"/>. How far the sums are is stored in
/// their transaction: what a death leaves unsummed is read from the events by the next start, and a transaction that fails leaves the sums in memory.
/// </remarks>
internal sealed class RollUps : IDisposable
{
    /// <summary>The longest that sums lag behind the events when there are many.</summary>
    public const long PauseMaxMs = 60_000;

    /// <summary>Up to this many events are summed with their batch.</summary>
    public const int FewRows = 2_000;

    private const int PausePerWrite = 50;

    // Four rows each, of which many share a page. Only for groups that wait: what a write took is measured.
    private const int UsPerGroup = 10;

    private readonly SqliteTransactions _transactions;
    private readonly EventSums _sums = new();
    private readonly List<SumWriter> _writers = [];
    private readonly UnsummedEvents _events;
    private long _lastMs;
    private long _pauseMs;

    // Events are stored that are neither in the roll-ups nor in memory.
    private bool _isBehind = true;

    /// <summary>Prepares the statements.</summary>
    public RollUps(SqliteConnection connection, SqliteTransactions transactions)
    {
        _transactions = transactions;
        _events = new UnsummedEvents(connection);
        foreach (RollUpSource source in RollUpSource.All)
        {
            _writers.Add(new SumWriter(connection, source));
        }
    }

    /// <summary>Makes ready for a batch: sums what an earlier process, or a fault, left, and writes sums that have no more room.</summary>
    /// <param name="isStopping">Says that the store is to close and the rest is left to the next start.</param>
    /// <returns>False when it was left; no batch is to be stored then.</returns>
    /// <exception cref="SqliteException">It failed; no batch is to be stored now.</exception>
    public bool TryPrepare(Func<bool> isStopping)
    {
        // BOUND: by the raw rows; each turn reads at least one, or is the last.
        while (_isBehind)
        {
            if (isStopping())
            {
                return false;
            }

            CatchUp();
        }

        if (_sums.IsFull)
        {
            Write();
        }

        return true;
    }

    /// <summary>Adds a batch that has just been stored, not one that was before.</summary>
    public void Add(EventBatch batch)
    {
        // Until the end of this method memory does not hold what is stored; when it is left otherwise, everything is read again.
        _isBehind = true;
        int offset = 0;
        int step = 0;
        while (batch.TryNext(ref offset, out ReadOnlySpan<byte> payload))
        {
            _sums.Add(payload);
            BackgroundThread.Breathe(step++);
        }

        _events.SkipStored();
        _isBehind = false;
    }

    /// <summary>Writes the sums if it is time to.</summary>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <exception cref="SqliteException">It failed; the sums stay in memory.</exception>
    public void RunIfDue(long nowMs)
    {
        if (_isBehind || _sums.Events == 0)
        {
            return;
        }

        if (_lastMs == 0)
        {
            _lastMs = nowMs;
        }

        // A clock that has stepped back is no reason to wait for it.
        if (_sums.Events <= FewRows || _sums.IsFull || nowMs - _lastMs >= PauseMs() || nowMs < _lastMs)
        {
            _lastMs = nowMs;
            Write();
        }
    }

    /// <summary>Writes all sums.</summary>
    /// <exception cref="SqliteException">It failed; the sums stay in memory.</exception>
    public void Run()
    {
        if (!_isBehind && _sums.Events > 0)
        {
            Write();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writers.ForEach(static writer => writer.Dispose());
        _events.Dispose();
        _sums.Dispose();
    }

    private void Write()
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            _transactions.Run(() =>
            {
                for (int i = 0; i < _writers.Count; i++)
                {
                    _writers[i].Write(_sums.Of(i));
                }

                _events.Note();
            });
            _sums.Clear();
        }
        finally
        {
            // Also after a fault, which is not to be met again at once.
            _pauseMs = (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds * PausePerWrite;
        }
    }

    private long PauseMs() => Math.Min(PauseMaxMs, Math.Max(_pauseMs, (long)_sums.Groups * UsPerGroup * PausePerWrite / 1000));

    private void CatchUp()
    {
        // What was left half-way is begun again.
        _sums.Clear();
        bool isMore = _events.Read(_sums);
        if (isMore)
        {
            Write();
        }

        _isBehind = isMore;
    }
}
