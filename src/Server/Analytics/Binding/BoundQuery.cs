using System.Collections.Generic;
using System.Linq;
using Unkey.Server.Analytics.Sql;

namespace Unkey.Server.Analytics.Binding;

/// <summary>A query whose every name is resolved. Nothing of its text is the caller's, but for the values of literals. Immutable.</summary>
/// <param name="Columns">What it gives, in order.</param>
internal abstract record BoundQuery(IReadOnlyList<ResultColumn> Columns);

/// <summary>A column of a result.</summary>
/// <param name="Id">What the emitted query calls it: unique in the whole query.</param>
/// <param name="Name">What the caller calls it.</param>
/// <param name="Type">Type of its values.</param>
internal sealed record ResultColumn(string Id, string Name, SqlType Type)
{
    /// <summary>As <see cref="BoundColumn.TimeKeptDays"/>, for a column that passes one on.</summary>
    public int? TimeKeptDays { get; init; }
}

/// <summary>Two queries put together.</summary>
internal sealed record BoundSetOperation(SqlSetOperator Operator, BoundQuery Left, BoundQuery Right, IReadOnlyList<ResultColumn> Columns, string Id) : BoundQuery(Columns);

/// <summary>One SELECT.</summary>
internal sealed record BoundSelect(IReadOnlyList<ResultColumn> Columns, IReadOnlyList<BoundExpression> Items) : BoundQuery(Columns)
{
    public bool IsDistinct { get; init; }

    public BoundSource? From { get; init; }

    /// <summary>Arrays that multiply its rows.</summary>
    public IReadOnlyList<BoundArrayJoin> ArrayJoins { get; init; } = [];

    public BoundExpression? Where { get; init; }

    public IReadOnlyList<BoundExpression> GroupBy { get; init; } = [];

    public BoundExpression? Having { get; init; }

    public IReadOnlyList<BoundOrder> OrderBy { get; init; } = [];

    /// <summary>Most rows, already cut to what the workspace may have.</summary>
    public required long Limit { get; init; }

    public long Offset { get; init; }
}

/// <summary>A key of an order.</summary>
/// <param name="Expression">The value.</param>
/// <param name="IsDescending">Whether the largest comes first.</param>
/// <param name="NullsFirst">Whether NULL comes first; ClickHouse has it last either way.</param>
/// <param name="Column">Index of the result column with this value; -1 for none.</param>
/// <param name="Fill">What is put into the gaps.</param>
internal sealed record BoundOrder(BoundExpression Expression, bool IsDescending, bool NullsFirst, int Column, BoundFill? Fill);

/// <summary>How gaps are filled: constants of the column's kind, null for an open end.</summary>
/// <param name="From">The first value.</param>
/// <param name="To">The value before which it ends.</param>
/// <param name="Step">Number of units, negative downwards.</param>
/// <param name="Unit">Calendar unit of the step; null when it is a plain number.</param>
internal sealed record BoundFill(BoundLiteral? From, BoundLiteral? To, long Step, IntervalUnit? Unit);

/// <summary>A window.</summary>
internal sealed record BoundWindow(IReadOnlyList<BoundExpression> PartitionBy, IReadOnlyList<BoundOrder> OrderBy, SqlFrame? Frame)
{
    /// <summary>As <see cref="BoundExpression.Key"/>, for what is not an expression.</summary>
    public string Key => $"{PartitionBy.Count}{string.Concat(OrderBy.Select(static order => order.IsDescending ? 'd' : 'a'))}{Frame}";
}

/// <summary>What a SELECT reads.</summary>
internal abstract record BoundSource;

/// <summary>A table; only the columns that are used are read.</summary>
/// <param name="Table">The table.</param>
/// <param name="Id">What the emitted query calls it.</param>
/// <param name="Columns">All its columns.</param>
/// <param name="Used">Ids of those that something uses; complete when the whole query is bound.</param>
internal sealed record BoundTable(PublicTable Table, string Id, IReadOnlyList<ResultColumn> Columns, IReadOnlySet<string> Used) : BoundSource;

/// <summary>A subquery.</summary>
internal sealed record BoundDerived(BoundQuery Query, string Id) : BoundSource;

/// <summary>Two sources joined.</summary>
internal sealed record BoundJoin(SqlJoinKind Kind, BoundSource Left, BoundSource Right, BoundExpression? On) : BoundSource;
