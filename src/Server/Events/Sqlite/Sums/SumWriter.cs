using System;
using System.Collections.Generic;
using Microsoft.Data.Sqlite;
using Unkey.Engine.Keys;
using Unkey.Server.Hosting;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite.Sums;

/// <summary>Adds the groups of one source to its roll-ups. One thread, inside its transaction.</summary>
/// <remarks>
/// In the order of their keys, so that the groups of the same span follow each other and become one row. A roll-up is in the order of workspace, time, keys; groups of one
/// time, which most are, are then in the order of its pages, and each page is written once.
/// </remarks>
internal sealed class SumWriter : IDisposable
{
    private readonly RollUpSource _source;
    private readonly List<SqliteStatement> _statements = [];
    private readonly TextSort _sort = new();
    private int[] _order = [];
    private long[] _starts = [];

    /// <summary>Prepares the statements.</summary>
    public SumWriter(SqliteConnection connection, RollUpSource source)
    {
        _source = source;
        foreach (RollUpUnit unit in RollUpUnits.All)
        {
            _statements.Add(new SqliteStatement(connection, source.AddTo(unit)));
        }
    }

    /// <summary>Adds all groups to all roll-ups.</summary>
    /// <exception cref="SqliteException">It failed; the transaction is to be rolled back.</exception>
    public void Write(SumTable table)
    {
        if (table.Count == 0)
        {
            return;
        }

        if (_order.Length < table.Count)
        {
            int room = Math.Max(table.Count, _order.Length * 2);
            _order = new int[room];
            _starts = new long[room];
        }

        Span<int> order = _order.AsSpan(0, table.Count);
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        _sort.Sort(order, new KeySource(table), BackgroundThread.Breathe);
        for (int unit = 0; unit < _statements.Count; unit++)
        {
            FindStarts(table, RollUpUnits.All[unit]);
            Write(table, order, _statements[unit]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _statements.ForEach(static statement => statement.Dispose());

    private void FindStarts(SumTable table, RollUpUnit unit)
    {
        // Most groups are of one or two minutes.
        long lastMinute = long.MinValue;
        long lastStart = 0;
        for (int i = 0; i < table.Count; i++)
        {
            long minute = GroupKey.Minute(table.Key(i));
            if (minute != lastMinute)
            {
                lastMinute = minute;
                lastStart = unit.StartOf(minute);
            }

            _starts[i] = lastStart;
        }
    }

    private void Write(SumTable table, ReadOnlySpan<int> order, SqliteStatement statement)
    {
        for (int i = 0; i < order.Length;)
        {
            int group = order[i];
            ReadOnlySpan<byte> texts = GroupKey.Texts(table.Key(group));
            EventSum sum = table.Sum(group);

            // BOUND: by the groups.
            for (i++; i < order.Length && _starts[order[i]] == _starts[group] && GroupKey.Texts(table.Key(order[i])).SequenceEqual(texts); i++)
            {
                sum.Add(in table.Sum(order[i]));
            }

            statement.Text(GroupKey.TakeText(ref texts)).Number(_starts[group]);
            for (int key = 0; key < _source.Keys.Count; key++)
            {
                statement.Text(GroupKey.TakeText(ref texts));
            }

            for (int number = 0; number < _source.Sums.Count; number++)
            {
                statement.Number(sum[number]);
            }

            statement.Run();
        }
    }

    private readonly struct KeySource(SumTable table) : ITextSource
    {
        public ReadOnlySpan<byte> this[int item] => table.Key(item);
    }
}
