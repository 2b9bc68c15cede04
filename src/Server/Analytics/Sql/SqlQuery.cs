using System.Collections.Generic;

namespace Unkey.Server.Analytics.Sql;

/// <summary>A query with its common table expressions.</summary>
/// <param name="Ctes">Names and queries, in order.</param>
/// <param name="Body">The query itself.</param>
internal sealed record SqlQuery(IReadOnlyList<(string Name, SqlQuery Query)> Ctes, SqlBody Body);

/// <summary>One SELECT, or several put together.</summary>
internal abstract record SqlBody;

/// <summary>Two queries put together: <c>UNION ALL</c>, <c>UNION DISTINCT</c> or <c>EXCEPT</c>.</summary>
internal sealed record SqlSetOperation(SqlSetOperator Operator, SqlBody Left, SqlBody Right) : SqlBody;

/// <summary>A query in parentheses as a branch.</summary>
internal sealed record SqlNested(SqlQuery Query) : SqlBody;

/// <summary>One SELECT.</summary>
internal sealed record SqlSelect : SqlBody
{
    public bool IsDistinct { get; init; }

    public required IReadOnlyList<SqlItem> Items { get; init; }

    public SqlSource? From { get; init; }

    public SqlExpression? Where { get; init; }

    public IReadOnlyList<SqlExpression> GroupBy { get; init; } = [];

    public SqlExpression? Having { get; init; }

    public IReadOnlyList<SqlOrder> OrderBy { get; init; } = [];

    /// <summary>Most rows; null when it says none, or no number.</summary>
    public long? Limit { get; init; }

    public long Offset { get; init; }
}

/// <summary>A column of the result.</summary>
/// <param name="Expression">Null for <c>*</c>.</param>
/// <param name="Alias">Name behind AS.</param>
/// <param name="StarOf">Source of <c>source.*</c>.</param>
internal sealed record SqlItem(SqlExpression? Expression, string? Alias, string? StarOf);

/// <summary>A key of the order.</summary>
internal sealed record SqlOrder(SqlExpression Expression, bool IsDescending, bool? NullsFirst, SqlFill? Fill);

/// <summary><c>WITH FILL FROM … TO … STEP …</c>.</summary>
internal sealed record SqlFill(SqlExpression? From, SqlExpression? To, SqlExpression? Step);

/// <summary>A window: <c>OVER (PARTITION BY … ORDER BY … frame)</c>.</summary>
internal sealed record SqlWindow(IReadOnlyList<SqlExpression> PartitionBy, IReadOnlyList<SqlOrder> OrderBy, SqlFrame? Frame);

/// <summary>A frame of a window; a bound is an offset in rows, negative before the row, or null for unbounded.</summary>
internal sealed record SqlFrame(bool IsRows, long? Start, long? End);

/// <summary>How queries are put together.</summary>
internal enum SqlSetOperator
{
    UnionAll,
    UnionDistinct,
    Except,
}

/// <summary>What a SELECT reads.</summary>
internal abstract record SqlSource;

/// <summary>A table, a view or a common table expression by its name.</summary>
internal sealed record SqlTable(string Name, string? Alias) : SqlSource;

/// <summary>A subquery.</summary>
internal sealed record SqlDerived(SqlQuery Query, string? Alias) : SqlSource;

/// <summary>Two sources joined.</summary>
internal sealed record SqlJoin(SqlJoinKind Kind, SqlSource Left, SqlSource Right, SqlExpression? On, IReadOnlyList<string> Using) : SqlSource;

/// <summary>How sources are joined.</summary>
internal enum SqlJoinKind
{
    Inner,
    Left,
    Right,
    Full,
    Cross,
}
