using System;
using System.Collections.Generic;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.Analytics.Rows;

/// <summary>Puts rows into the gaps of an ordered result, as WITH FILL of ClickHouse does, and then skips and counts. One thread, one use.</summary>
internal sealed class RowFiller
{
    private const int MadeMax = 1_000_000;

    private readonly IReadOnlyList<ResultColumn> _columns;
    private readonly BoundFill _fill;
    private readonly int _column;
    private readonly SqlKind _kind;
    private readonly Action<object?[]> _sink;
    private readonly long _to;
    private long? _next;
    private long _skip;
    private long _left;
    private int _made;

    /// <summary>Begins a result.</summary>
    /// <param name="select">The query, whose first key is filled.</param>
    /// <param name="sink">Takes the rows.</param>
    public RowFiller(BoundSelect select, Action<object?[]> sink)
    {
        BoundOrder order = select.OrderBy[0];
        if (order.Fill is null || order.Column < 0 || select.OrderBy.Count > 1)
        {
            throw AnalyticsException.Query("WITH FILL needs a column of the result as the only key of the order in the embedded event store");
        }

        _columns = select.Columns;
        _fill = order.Fill;
        _column = order.Column;
        _kind = _columns[_column].Type.Kind;
        _sink = sink;
        _skip = select.Offset;
        _left = select.Limit;
        _next = _fill.From?.Integer;
        _to = _fill.To?.Integer ?? (_fill.Step > 0 ? long.MinValue : long.MaxValue);
    }

    /// <summary>Whether no more rows are wanted.</summary>
    public bool IsDone => _left == 0;

    /// <summary>Takes the next row of the ordered result.</summary>
    public void Add(object?[] row)
    {
        if (row[_column] is long value)
        {
            _next ??= value;
            FillUntil(value);
            if (_next == value)
            {
                _next = After(value);
            }
        }

        Give(row);
    }

    /// <summary>Fills up to the end.</summary>
    public void Finish()
    {
        if (_fill.To is not null && _next is not null)
        {
            FillUntil(_to);
        }
    }

    private void FillUntil(long value)
    {
        // BOUND: by the rows that are made; those that OFFSET skips are among them.
        while (!IsDone && IsBefore(_next!.Value, value) && (_fill.To is null || IsBefore(_next.Value, _to)))
        {
            if (++_made > MadeMax)
            {
                throw new AnalyticsException(ErrorCode.QueryRowsLimitExceeded, $"WITH FILL makes more than {MadeMax} rows; use a larger STEP, or a nearer FROM");
            }

            Give(Filler(_next.Value));
            _next = After(_next.Value);
        }
    }

    private bool IsBefore(long a, long b) => _fill.Step > 0 ? a < b : a > b;

    private long After(long value)
    {
        bool isMs = _kind == SqlKind.DateTime64;
        if (_fill.Unit is { } unit)
        {
            long ms = TimeMath.Add(isMs ? value : value * 1000, _fill.Step, unit);
            return isMs ? ms : ms / 1000;
        }

        // A plain number is days of a day, seconds of anything finer, and itself otherwise.
        long size = _kind switch { SqlKind.Date => TimeMath.DaySeconds, SqlKind.DateTime64 => 1000, _ => 1 };
        long after = unchecked(value + (_fill.Step * size));
        return IsBefore(value, after) ? after : throw AnalyticsException.Query("STEP of WITH FILL leaves the range of its column");
    }

    private object?[] Filler(long value)
    {
        object?[] row = new object?[_columns.Count];
        for (int i = 0; i < row.Length; i++)
        {
            SqlType type = _columns[i].Type;
            row[i] = i == _column ? value : type.IsNullable ? null : type.Kind switch
            {
                SqlKind.Text => "",
                SqlKind.Float => 0.0,
                SqlKind.Array => Array.Empty<object?>(),
                _ => 0L,
            };
        }

        return row;
    }

    private void Give(object?[] row)
    {
        if (_skip > 0)
        {
            _skip--;
        }
        else if (_left > 0)
        {
            _left--;
            _sink(row);
        }
    }
}
