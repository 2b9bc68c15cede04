using System;
using System.Collections.Generic;
using Microsoft.Data.Sqlite;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite;

/// <summary>Sums raw events by minute, hour, day and month. The store's thread only.</summary>
/// <remarks>
/// Few events are summed at once. Many are summed together, up to <see cref="PeriodMs"/> later: keys come again within that time, and a row of a
/// roll-up that is written once instead of with every batch is most of what a busy store saves. How far the sums are is stored in their
/// transaction, so that after a crash the next pass goes on there.
/// </remarks>
internal sealed class RollUps : IDisposable
{
    /// <summary>The longest that sums lag behind the events when there are many.</summary>
    public const long PeriodMs = 10_000;

    /// <summary>Up to this many events are summed with their batch.</summary>
    public const int FewRows = 2_000;

    // A pass holds its sums in memory; this many take about half a second.
    private const int RowsMax = 250_000;

    private readonly SqliteConnection _connection;
    private readonly List<Source> _sources = [];
    private long _lastMs;

    /// <summary>Prepares the statements.</summary>
    public RollUps(SqliteConnection connection)
    {
        _connection = connection;
        foreach (RollUpSource source in RollUpSource.All)
        {
            _sources.Add(new Source(connection, source));
        }
    }

    /// <summary>Sums what is due.</summary>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <exception cref="SqliteException">It failed; nothing was summed.</exception>
    public void RunIfDue(long nowMs)
    {
        long rows = 0;
        foreach (Source source in _sources)
        {
            rows += source.Waiting();
        }

        // A clock that has stepped back is no reason to wait for it.
        bool isDue = rows is > 0 and <= FewRows || rows >= RowsMax || (rows > 0 && (nowMs - _lastMs >= PeriodMs || nowMs < _lastMs));
        if (isDue)
        {
            _lastMs = nowMs;
            Run();
        }
    }

    /// <summary>Sums everything.</summary>
    /// <exception cref="SqliteException">It failed; what was not summed is summed later.</exception>
    public void Run()
    {
        foreach (Source source in _sources)
        {
            // BOUND: by the raw rows; each turn sums at least one.
            while (source.Waiting() > 0)
            {
                SqliteDatabase.Transact(_connection, source.Sum);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _sources.ForEach(static source => source.Dispose());

    private sealed class Source : IDisposable
    {
        private readonly SqliteStatement _first;
        private readonly SqliteStatement _last;
        private readonly SqliteStatement _note;
        private readonly SqliteStatement _clear;
        private readonly SqliteStatement _fill;
        private readonly List<SqliteStatement> _add = [];

        public Source(SqliteConnection connection, RollUpSource source)
        {
            SqliteDatabase.Run(connection, source.CreateMinutes);
            _first = new SqliteStatement(connection, $"SELECT last_row FROM rolled_up WHERE source = '{source.Raw}'");
            _last = new SqliteStatement(connection, $"SELECT max(rowid) FROM {source.Raw}");
            _note = new SqliteStatement(connection, $"UPDATE rolled_up SET last_row = ? WHERE source = '{source.Raw}'");
            _clear = new SqliteStatement(connection, source.ClearMinutes);
            _fill = new SqliteStatement(connection, source.FillMinutes);
            foreach (RollUpUnit unit in RollUpUnits.All)
            {
                _add.Add(new SqliteStatement(connection, source.AddTo(unit)));
            }
        }

        public long Waiting() => _last.Query() - _first.Query();

        public void Sum()
        {
            long first = _first.Query();
            long last = Math.Min(_last.Query(), first + RowsMax);
            _clear.Run();
            _fill.Number(first).Number(last).Run();
            _add.ForEach(static add => add.Run());
            _note.Number(last).Run();
        }

        public void Dispose()
        {
            _first.Dispose();
            _last.Dispose();
            _note.Dispose();
            _clear.Dispose();
            _fill.Dispose();
            _add.ForEach(static add => add.Dispose());
        }
    }
}
