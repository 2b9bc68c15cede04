using System.Collections.Generic;

namespace Unkey.Server.Analytics.Sql;

/// <summary>An expression as it was written. Immutable once parsed.</summary>
internal abstract record SqlExpression
{
    /// <summary>Levels from here to the deepest leaf; bounds the recursion of everything that walks the tree.</summary>
    public int Depth { get; init; } = 1;
}

/// <summary>A number, a string, true, false or NULL.</summary>
/// <param name="Value">A <see cref="long"/>, <see cref="double"/>, <see cref="string"/>, <see cref="bool"/> or null.</param>
internal sealed record SqlLiteral(object? Value) : SqlExpression;

/// <summary>A name, perhaps behind the name of its source.</summary>
internal sealed record SqlName(string? Source, string Name) : SqlExpression;

/// <summary>A call: <c>name(parameters)(arguments)</c>.</summary>
internal sealed record SqlCall(string Name, IReadOnlyList<SqlExpression> Arguments) : SqlExpression
{
    /// <summary>Parameters of a parametric aggregate; null when there is only one list.</summary>
    public IReadOnlyList<SqlExpression>? Parameters { get; init; }

    /// <summary>Whether the arguments are <c>*</c>.</summary>
    public bool IsStar { get; init; }

    /// <summary>Whether only distinct values count.</summary>
    public bool IsDistinct { get; init; }

    /// <summary>The window behind OVER.</summary>
    public SqlWindow? Over { get; init; }
}

/// <summary>An operator before its operand: <c>-</c> or <c>NOT</c>.</summary>
internal sealed record SqlUnary(string Operator, SqlExpression Operand) : SqlExpression;

/// <summary>An operator between two operands.</summary>
internal sealed record SqlBinary(string Operator, SqlExpression Left, SqlExpression Right) : SqlExpression;

/// <summary>AND or OR of two or more.</summary>
internal sealed record SqlLogic(string Operator, IReadOnlyList<SqlExpression> Operands) : SqlExpression;

/// <summary><c>x BETWEEN a AND b</c>.</summary>
internal sealed record SqlBetween(SqlExpression Operand, SqlExpression Low, SqlExpression High, bool IsNegated) : SqlExpression;

/// <summary><c>x IN (…)</c>: a list, or a subquery.</summary>
internal sealed record SqlIn(SqlExpression Operand, IReadOnlyList<SqlExpression>? Items, SqlQuery? Query, bool IsNegated) : SqlExpression;

/// <summary><c>x IS NULL</c>.</summary>
internal sealed record SqlIsNull(SqlExpression Operand, bool IsNegated) : SqlExpression;

/// <summary>CASE, with or without an operand.</summary>
internal sealed record SqlCase(SqlExpression? Operand, IReadOnlyList<(SqlExpression When, SqlExpression Then)> Branches, SqlExpression? Else) : SqlExpression;

/// <summary><c>[a, b]</c>.</summary>
internal sealed record SqlArray(IReadOnlyList<SqlExpression> Items) : SqlExpression;

/// <summary><c>x -> body</c>.</summary>
internal sealed record SqlLambda(string Parameter, SqlExpression Body) : SqlExpression;

/// <summary>A subquery that stands for a value.</summary>
internal sealed record SqlSubquery(SqlQuery Query) : SqlExpression;

/// <summary><c>INTERVAL n UNIT</c>.</summary>
internal sealed record SqlInterval(long Amount, string Unit) : SqlExpression;
