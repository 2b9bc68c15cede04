using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Unkey.Server.Analytics.Binding;

/// <summary>An expression whose names are columns, whose functions are operations and whose type is known. Immutable.</summary>
/// <param name="Type">Type of its values.</param>
internal abstract record BoundExpression(SqlType Type)
{
    private const int KeyCharactersMax = 200;

    private string? _key;

    /// <summary>Nodes of the tree below, this one included.</summary>
    public int Size { get; init; } = 1;

    /// <summary>Levels from here to the deepest leaf.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>Equal for expressions that always have the same value in the same row. Short, however large the expression.</summary>
    public string Key => _key ??= Short(MakeKey());

    /// <summary>The expressions it is made of.</summary>
    public virtual IReadOnlyList<BoundExpression> Children => [];

    protected abstract string MakeKey();

    protected static string Keys(IEnumerable<BoundExpression> expressions) => string.Join(',', expressions.Select(static item => item.Key));

    private static string Short(string key) => key.Length <= KeyCharactersMax ? key : "#" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}

/// <summary>A constant.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Value"><see cref="long"/>, <see cref="double"/>, <see cref="string"/>, <see cref="bool"/> or null. Days and seconds are Unix seconds,
/// milliseconds Unix milliseconds.</param>
internal sealed record BoundLiteral(SqlType Type, object? Value) : BoundExpression(Type)
{
    /// <summary>The same point in time where a month has 30 days and a year 365, in Unix milliseconds: how retention counts. Null for what is none.</summary>
    public long? RetentionMs { get; init; }

    public long Integer => (long)Value!;

    protected override string MakeKey() => string.Create(
        CultureInfo.InvariantCulture, $"{Type.Kind}:{(Value is string text ? $"{text.Length}:{text}" : Value is double number ? number.ToString("R", CultureInfo.InvariantCulture) : Value)}");
}

/// <summary>A length of time.</summary>
internal sealed record BoundInterval(long Amount, IntervalUnit Unit) : BoundExpression(SqlType.Interval)
{
    protected override string MakeKey() => string.Create(CultureInfo.InvariantCulture, $"I{Amount}{Unit}");
}

/// <summary>A column of a source, or the parameter of a lambda.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Reference">What the emitted query calls it.</param>
internal sealed record BoundColumn(SqlType Type, string Reference) : BoundExpression(Type)
{
    /// <summary>Whether an outer join may have put nothing there; the value is then the default of the type.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Days that its rows are kept, when it is the time of a table; 0 for ever.</summary>
    public int? TimeKeptDays { get; init; }

    protected override string MakeKey() => Reference;
}

/// <summary>An operation on values of one row.</summary>
internal sealed record BoundCall(SqlType Type, Operation Operation, IReadOnlyList<BoundExpression> Arguments) : BoundExpression(Type)
{
    public override IReadOnlyList<BoundExpression> Children => Arguments;

    protected override string MakeKey() => $"{Operation}/{Type.Kind}({Keys(Arguments)})";
}

/// <summary>CASE without an operand.</summary>
internal sealed record BoundCase(SqlType Type, IReadOnlyList<(BoundExpression When, BoundExpression Then)> Branches, BoundExpression? Else) : BoundExpression(Type)
{
    public override IReadOnlyList<BoundExpression> Children { get; } =
        [.. Branches.SelectMany(static branch => (BoundExpression[])[branch.When, branch.Then]), .. Else is null ? (BoundExpression[])[] : [Else]];

    protected override string MakeKey() => $"case{(Else is null ? "" : "e")}({Keys(Children)})";
}

/// <summary>Membership in constants.</summary>
internal sealed record BoundInList(BoundExpression Operand, IReadOnlyList<BoundLiteral> Items, bool IsNegated) : BoundExpression(SqlType.Integer.Nullable(Operand.Type.IsNullable))
{
    public override IReadOnlyList<BoundExpression> Children => [Operand];

    protected override string MakeKey() => $"in{IsNegated}({Operand.Key};{Keys(Items)})";
}

/// <summary>Membership in the rows of a subquery.</summary>
internal sealed record BoundInQuery(BoundExpression Operand, BoundQuery Query, bool IsNegated) : BoundExpression(SqlType.Integer.Nullable(Operand.Type.IsNullable))
{
    public override IReadOnlyList<BoundExpression> Children => [Operand];

    protected override string MakeKey() => $"inq{IsNegated}({Operand.Key};{Query.Columns[0].Id})";
}

/// <summary>The only value of a subquery; NULL when it has no row.</summary>
internal sealed record BoundScalarQuery(SqlType Type, BoundQuery Query) : BoundExpression(Type)
{
    protected override string MakeKey() => $"scalar({Query.Columns[0].Id})";
}

/// <summary>The elements of an array for which a condition holds.</summary>
/// <param name="Type">Type of the array.</param>
/// <param name="Parameter">What the emitted query calls the element.</param>
/// <param name="Condition">The condition.</param>
/// <param name="Array">The array.</param>
internal sealed record BoundFilter(SqlType Type, string Parameter, BoundExpression Condition, BoundExpression Array) : BoundExpression(Type)
{
    public override IReadOnlyList<BoundExpression> Children => [Condition, Array];

    protected override string MakeKey() => $"filter({Parameter},{Condition.Key},{Array.Key})";
}

/// <summary>One row for each element of an array.</summary>
/// <param name="Type">Type of the elements.</param>
/// <param name="Id">What the emitted query calls it.</param>
/// <param name="Array">The array.</param>
internal sealed record BoundArrayJoin(SqlType Type, string Id, BoundExpression Array) : BoundExpression(Type)
{
    public override IReadOnlyList<BoundExpression> Children => [Array];

    protected override string MakeKey() => $"join({Array.Key})";
}

/// <summary>An aggregate, over a group or a window.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Function">Its name in ClickHouse.</param>
/// <param name="Arguments">What it is over; empty for <c>count()</c>.</param>
internal sealed record BoundAggregate(SqlType Type, string Function, IReadOnlyList<BoundExpression> Arguments) : BoundExpression(Type)
{
    /// <summary>Level of a quantile, or most elements of an array.</summary>
    public double? Parameter { get; init; }

    /// <summary>Whether only distinct values count.</summary>
    public bool IsDistinct { get; init; }

    /// <summary>Condition of <c>sumIf</c> and <c>countIf</c>.</summary>
    public BoundExpression? Condition { get; init; }

    /// <summary>The window, if it is over one.</summary>
    public BoundWindow? Over { get; init; }

    public override IReadOnlyList<BoundExpression> Children =>
    [
        .. Arguments,
        .. Condition is null ? (BoundExpression[])[] : [Condition],
        .. Over is null ? [] : Over.PartitionBy,
        .. Over is null ? [] : Over.OrderBy.Select(static order => order.Expression),
    ];

    protected override string MakeKey() => string.Create(
        CultureInfo.InvariantCulture, $"{Function}{Parameter}{IsDistinct}({Keys(Arguments)};{Condition?.Key}){(Over is null ? "" : $"w({Keys(Children)};{Over.Key})")}");
}
