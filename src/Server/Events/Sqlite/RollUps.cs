using System;
using System.Collections.Generic;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Unkey.Server.Events.Sqlite.Sums;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite;

/// <summary>Sums events by minute, hour, day and month. The store's thread only.</summary>
/// <remarks>
/// Events are summed in memory when they are stored, and the sums are written together: keys come again, and a row of a roll-up that is written once
/// instead of with every batch is most of what a busy store saves. Few events are written at once; after many, the sums wait fifty times as long as
/// it took to write the last ones, so that they never take more than a fiftieth of the time, at most <see cref="PauseMaxMs"/>. How far the sums are is stored in their
/// transaction: what a death leaves unsummed is read from the events by the next start, and a transaction that fails leaves the sums in memory.
/// </remarks>
internal sealed class RollUps : IDisposable
{
    /// <summary>The longest that sums lag behind the events when there are many.</summary>
    public const long PauseMaxMs = 60_000;

    /// <summary>Up to this many events are summed with their batch.</summary>
    public const int FewRows = 2_000;

    private const int PausePerWrite = 50;

    // So that a stop does not wait for all of what is read again.
    private const int RowsPerPortion = 50_000;

    private readonly SqliteConnection _connection;
    private readonly EventSums _sums = new();
    private readonly GroupKey _key = new();
    private readonly List<Source> _sources = [];
    private long _lastMs;
    private long _pauseMs;

    // Events are stored that are neither in the roll-ups nor in memory.
    private bool _isBehind = true;

    /// <summary>Prepares the statements.</summary>
    public RollUps(SqliteConnection connection)
    {
        _connection = connection;
        foreach (RollUpSource source in RollUpSource.All)
        {
            _sources.Add(new Source(connection, source));
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
        while (batch.TryNext(ref offset, out ReadOnlySpan<byte> payload))
        {
            _sums.Add(payload);
        }

        foreach (Source source in _sources)
        {
            source.Through = source.Last();
        }

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

        // A clock that has stepped back is no reason to wait for it.
        if (_sums.Events <= FewRows || _sums.IsFull || nowMs - _lastMs >= _pauseMs || nowMs < _lastMs)
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
        _sources.ForEach(static source => source.Dispose());
        _sums.Dispose();
    }

    private void Write()
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            SqliteDatabase.Transact(_connection, () =>
            {
                for (int i = 0; i < _sources.Count; i++)
                {
                    if (_sums.Of(i).Count > 0)
                    {
                        _sources[i].Writer.Write(_sums.Of(i));
                        _sources[i].NoteThrough();
                    }
                }
            });
            _sums.Clear();
        }
        finally
        {
            // Also after a fault, which is not to be met again at once.
            _pauseMs = Math.Min(PauseMaxMs, (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds * PausePerWrite);
        }
    }

    private void CatchUp()
    {
        // What was left half-way is begun again.
        _sums.Clear();
        long rows = 0;
        for (int i = 0; i < _sources.Count; i++)
        {
            // Row ids begin again when all rows are gone.
            _sources[i].Through = Math.Min(_sources[i].Noted(), _sources[i].Last());
            rows += _sources[i].Read(i, _key, _sums);
        }

        if (_sums.Events > 0)
        {
            Write();
        }

        _isBehind = rows > 0;
    }

    private sealed class Source(SqliteConnection connection, RollUpSource source) : IDisposable
    {
        private readonly SqliteStatement _first = new(connection, $"SELECT last_row FROM rolled_up WHERE source = '{source.Raw}'");
        private readonly SqliteStatement _last = new(connection, $"SELECT max(rowid) FROM {source.Raw}");
        private readonly SqliteStatement _note = new(connection, $"UPDATE rolled_up SET last_row = ? WHERE source = '{source.Raw}'");
        private readonly SqliteStatement _read = new(connection, source.ReadRaw);

        public SumWriter Writer { get; } = new(connection, source);

        /// <summary>Up to this row id the rows are in the roll-ups or in memory.</summary>
        public long Through { get; set; }

        public long Noted() => _first.Query();

        public long Last() => _last.Query();

        public void NoteThrough() => _note.Number(Through).Run();

        public long Read(int index, GroupKey key, EventSums sums)
        {
            long rows = 0;
            _read.Number(Through).Number(RowsPerPortion);
            while (_read.Step())
            {
                key.Start(_read.NumberAt(1));
                int column = 2;
                for (int i = 0; i <= source.Keys.Count; i++)
                {
                    key.Text(_read.BytesAt(column++));
                }

                sums.Add(index, key, new EventSum
                {
                    First = SumAt(column, 0),
                    Second = SumAt(column, 1),
                    Third = SumAt(column, 2),
                    Fourth = SumAt(column, 3),
                });
                Through = _read.NumberAt(0);
                rows++;
            }

            return rows;
        }

        public void Dispose()
        {
            _first.Dispose();
            _last.Dispose();
            _note.Dispose();
            _read.Dispose();
            Writer.Dispose();
        }

        private long SumAt(int column, int index) => index < source.Sums.Count ? _read.NumberAt(column + index) : 0;
    }
}
