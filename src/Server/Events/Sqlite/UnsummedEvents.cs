using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.Data.Sqlite;
using Unkey.Server.Events.Sqlite.Segments;
using Unkey.Server.Events.Sqlite.Sums;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite;

/// <summary>The events that are stored and not in the roll-ups: where they begin, and how to read them. The store's thread only.</summary>
/// <remarks>The table <c>rolled_up</c> notes how far the roll-ups are: by the id of the segment, and of the rows that a store of an earlier version has.</remarks>
internal sealed class UnsummedEvents : IDisposable
{
    // So that a stop does not wait for all of what is read again.
    private const int RowsPerPortion = 50_000;
    private const int SegmentsPerPortion = 20;

    private readonly SqliteStatement _noted;
    private readonly SqliteStatement _stored;
    private readonly SqliteStatement _note;
    private readonly SqliteStatement _read;
    private readonly List<OldRows> _rows;
    private long _through;

    /// <summary>Prepares the statements.</summary>
    public UnsummedEvents(SqliteConnection connection)
    {
        _noted = new SqliteStatement(connection, "SELECT last_row FROM rolled_up WHERE source = 'event_segments'");

        // Also when the newest segments are deleted; the ids go on.
        _stored = new SqliteStatement(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'event_segments'");
        _note = new SqliteStatement(connection, "UPDATE rolled_up SET last_row = ? WHERE source = 'event_segments'");
        _read = new SqliteStatement(connection, $"SELECT id, checksum, events FROM event_segments WHERE id > ? ORDER BY id LIMIT {SegmentsPerPortion}");
        _rows = [.. RollUpSource.All.Select((source, i) => (source, i)).Where(item => item.source.HasRows(connection)).Select(item => new OldRows(connection, item.source, item.i))];
    }

    /// <summary>Sums a portion of them.</summary>
    /// <param name="sums">Empty; receives them.</param>
    /// <returns>Whether there may be more, once <see cref="Note"/> has said that these are in the roll-ups.</returns>
    /// <exception cref="SqliteException">They cannot be read.</exception>
    public bool Read(EventSums sums)
    {
        bool isMore = false;
        foreach (OldRows rows in _rows)
        {
            isMore |= rows.Read(sums);
        }

        _through = _noted.Query();
        int segments = 0;
        _read.Number(_through);
        while (_read.Step())
        {
            Sum(_read.BytesAt(2), _read.NumberAt(1), sums);
            _through = _read.NumberAt(0);
            segments++;
        }

        return isMore || segments > 0;
    }

    /// <summary>Takes everything that is stored as summed.</summary>
    public void SkipStored() => _through = _stored.Query();

    /// <summary>Stores how far the sums are, in their transaction.</summary>
    public void Note()
    {
        _note.Number(_through).Run();
        _rows.ForEach(static rows => rows.Note());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _noted.Dispose();
        _stored.Dispose();
        _note.Dispose();
        _read.Dispose();
        _rows.ForEach(static rows => rows.Dispose());
    }

    // What is damaged cannot be summed, and must not stand in the way of what comes after; queries of it say so.
    private static void Sum(ReadOnlySpan<byte> segment, long checksum, EventSums sums)
    {
        if (!Segment.IsSound(segment, checksum))
        {
            return;
        }

        int offset = Segment.HeadBytes;
        while (Segment.TryNext(segment, ref offset, out ReadOnlySpan<byte> payload))
        {
            sums.Add(payload);
        }
    }

    /// <summary>The rows of one kind in a store of an earlier version. None are added any more.</summary>
    private sealed class OldRows(SqliteConnection connection, RollUpSource source, int index) : IDisposable
    {
        private readonly GroupKey _key = new();
        private readonly SqliteStatement _noted = new(connection, $"SELECT last_row FROM rolled_up WHERE source = '{source.Raw}'");
        private readonly SqliteStatement _note = new(connection, $"UPDATE rolled_up SET last_row = ? WHERE source = '{source.Raw}'");
        private readonly SqliteStatement _read = new(connection, source.ReadRaw);
        private long _through;
        private bool _hasRead;

        public bool Read(EventSums sums)
        {
            _through = _noted.Query();
            _hasRead = false;
            _read.Number(_through).Number(RowsPerPortion);
            while (_read.Step())
            {
                _key.Start(_read.NumberAt(1));
                int column = 2;
                for (int i = 0; i <= source.Keys.Count; i++)
                {
                    _key.Text(_read.BytesAt(column++));
                }

                sums.Add(index, _key, new EventSum
                {
                    First = SumAt(column, 0),
                    Second = SumAt(column, 1),
                    Third = SumAt(column, 2),
                    Fourth = SumAt(column, 3),
                });
                _through = _read.NumberAt(0);
                _hasRead = true;
            }

            return _hasRead;
        }

        public void Note()
        {
            if (_hasRead)
            {
                _note.Number(_through).Run();
                _hasRead = false;
            }
        }

        public void Dispose()
        {
            _noted.Dispose();
            _note.Dispose();
            _read.Dispose();
        }

        private long SumAt(int column, int number) => number < source.Sums.Count ? _read.NumberAt(column + number) : 0;
    }
}
