using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Sql;

namespace Unkey.Server.Analytics.Emit;

/// <summary>Writes a bound query for ClickHouse, whose time zone the request sets to UTC. One use.</summary>
/// <param name="scope">Whose events it sees.</param>
/// <param name="dataset">The tables.</param>
/// <param name="database">The database: letters, digits and underscores.</param>
internal sealed class ClickHouseEmitter(AnalyticsScope scope, Dataset dataset, string database) : QueryEmitter(scope, dataset)
{
    /// <inheritdoc/>
    protected override string Parameter(int index) => $"{{p{index.ToString(CultureInfo.InvariantCulture)}:String}}";

    /// <inheritdoc/>
    protected override string Column(string name) => $"`{name}`";

    /// <inheritdoc/>
    protected override string TableName(PublicTable table) => $"`{database}`.`{table.ClickHouseName}`";

    /// <inheritdoc/>
    protected override string ArrayJoinSources(BoundSelect select) => "";

    /// <inheritdoc/>
    protected override string OrderSuffix(BoundOrder order, bool isTop)
    {
        string text = (order.IsDescending ? " DESC" : " ASC") + (order.NullsFirst ? " NULLS FIRST" : "");
        if (order.Fill is not { } fill)
        {
            return text;
        }

        string step = fill.Unit is { } unit ? $"toInterval{unit}({Number(fill.Step)})" : fill.Step.ToString(CultureInfo.InvariantCulture);
        return $"{text} WITH FILL{(fill.From is null ? "" : " FROM " + Literal(fill.From))}{(fill.To is null ? "" : " TO " + Literal(fill.To))} STEP {step}";
    }

    /// <inheritdoc/>
    protected override string Together(BoundSetOperation operation)
    {
        string word = operation.Operator switch { SqlSetOperator.UnionAll => "UNION ALL", SqlSetOperator.UnionDistinct => "UNION DISTINCT", _ => "EXCEPT ALL" };
        return $"SELECT {Columns(operation.Left)} FROM ({Query(operation.Left)}) AS {operation.Id} {word}"
            + $" SELECT {Columns(operation.Right)} FROM ({Query(operation.Right)}) AS {operation.Id}";

        string Columns(BoundQuery side) => string.Join(", ", side.Columns.Zip(operation.Columns, static (from, to) => $"{Converted(from.Id, from.Type, to.Type)} AS {to.Id}"));
    }

    /// <inheritdoc/>
    protected override string Converted(BoundExpression expression, SqlType type) => Converted(Expression(expression), expression.Type, type);

    // ClickHouse has no type for signed and unsigned numbers together, nor for those and floating-point ones; here they are all one.
    private static string Converted(string value, SqlType from, SqlType to) => (from.IsInteger, to.Kind) switch
    {
        (true, SqlKind.Float) => $"toFloat64({value})",
        (true, SqlKind.Integer or SqlKind.Milliseconds) => $"toInt64({value})",
        _ => value,
    };

    /// <inheritdoc/>
    protected override string Literal(BoundLiteral literal) => (literal.Type.Kind, literal.Value) switch
    {
        (_, null) => "NULL",
        (SqlKind.Date, long value) => $"toDate({Number(value / TimeMath.DaySeconds)})",
        (SqlKind.DateTime, long value) => $"toDateTime({Number(value)})",
        (SqlKind.DateTime64, long value) => $"fromUnixTimestamp64Milli(toInt64({Number(value)}))",
        (_, long value) => Number(value),
        (_, double value) => Number(value),
        (_, bool value) => value ? "true" : "false",
        (_, string value) => Text(value),
        _ => throw new InvalidOperationException("No such constant."),
    };

    /// <inheritdoc/>
    protected override string Reference(BoundColumn column) => column.Reference;

    /// <inheritdoc/>
    protected override string ArrayJoin(BoundArrayJoin join) => $"arrayJoin({Expression(join.Array)})";

    /// <inheritdoc/>
    protected override string Filter(BoundFilter filter) => $"arrayFilter({filter.Parameter} -> {Expression(filter.Condition)}, {Expression(filter.Array)})";

    /// <inheritdoc/>
    protected override string Scalar(BoundScalarQuery scalar) => $"({Query(scalar.Query)})";

    /// <inheritdoc/>
    protected override string Aggregate(BoundAggregate aggregate)
    {
        string parameter = aggregate.Parameter is { } value ? $"({value.ToString("R", CultureInfo.InvariantCulture)})" : "";
        string arguments = List(aggregate.Condition is null ? aggregate.Arguments : [.. aggregate.Arguments, aggregate.Condition]);
        return $"{aggregate.Function}{parameter}({(aggregate.IsDistinct ? "DISTINCT " : "")}{arguments}){(aggregate.Over is null ? "" : Window(aggregate.Over))}";
    }

    /// <inheritdoc/>
    protected override string Call(BoundCall call)
    {
        SqlKind first = call.Arguments.Count > 0 ? call.Arguments[0].Type.Kind : SqlKind.Null;
        string argument = call.Arguments.Count > 0 && call.Arguments[0] is not BoundInterval ? Expression(call.Arguments[0]) : "";
        return call.Operation switch
        {
            Operation.Add or Operation.AddUnits => Infix("+", call.Arguments),
            Operation.Subtract or Operation.TimeBetween => Infix("-", call.Arguments),
            Operation.Multiply => Infix("*", call.Arguments),
            Operation.Divide => Infix("/", call.Arguments),
            Operation.Modulo => Infix("%", call.Arguments),
            Operation.Negate => $"(-{argument})",
            Operation.Equal => Infix("=", call.Arguments),
            Operation.NotEqual => Infix("!=", call.Arguments),
            Operation.Less => Infix("<", call.Arguments),
            Operation.LessOrEqual => Infix("<=", call.Arguments),
            Operation.Greater => Infix(">", call.Arguments),
            Operation.GreaterOrEqual => Infix(">=", call.Arguments),
            Operation.And => Infix("AND", call.Arguments),
            Operation.Or => Infix("OR", call.Arguments),
            Operation.Not => $"(NOT {argument})",
            Operation.Like => Infix("LIKE", call.Arguments),
            Operation.ILike => Infix("ILIKE", call.Arguments),
            Operation.IsNull => $"({argument} IS NULL)",
            Operation.IsNotNull => $"({argument} IS NOT NULL)",
            Operation.MakeArray => $"[{ListAs(call.Arguments, call.Type.Element!)}]",
            Operation.Coalesce => $"coalesce({ListAs(call.Arguments, call.Type)})",
            Operation.ToDateTime64 => $"toDateTime64({argument}, 3)",
            Operation.ToMilliseconds => $"toUnixTimestamp64Milli(toDateTime64({argument}, 3))",
            Operation.ToSeconds => $"toUnixTimestamp({argument})",
            Operation.FromMilliseconds => $"fromUnixTimestamp64Milli(toInt64({argument}))",
            Operation.StartOfWeekSunday => $"toStartOfWeek({argument}, 0)",
            Operation.StartOfWeekMonday => $"toStartOfWeek({argument}, 1)",
            Operation.StartOfMinute or Operation.StartOfHour or Operation.StartOfDay when first == SqlKind.Date => $"{Function(call.Operation)}(toDateTime({argument}))",
            Operation.AddInterval => Move(call, (BoundInterval)call.Arguments[1], argument, first),
            _ => $"{Function(call.Operation)}({List(call.Arguments)})",
        };
    }

    private string ListAs(IEnumerable<BoundExpression> expressions, SqlType type) => string.Join(", ", expressions.Select(item => Converted(item, type)));

    private static string Move(BoundCall call, BoundInterval interval, string argument, SqlKind from)
    {
        string time = call.Type.Kind == from ? argument : call.Type.Kind == SqlKind.DateTime64 ? $"toDateTime64({argument}, 3)" : $"toDateTime({argument})";
        return $"({time} + toInterval{interval.Unit}({Number(interval.Amount)}))";
    }

    private static string Function(Operation operation) => operation switch
    {
        Operation.Concatenate => "concat",
        Operation.Lower => "lower",
        Operation.Upper => "upper",
        Operation.Trim => "trimBoth",
        Operation.Substring => "substring",
        Operation.Length or Operation.ArrayLength => "length",
        Operation.StartsWith => "startsWith",
        Operation.EndsWith => "endsWith",
        Operation.JsonText => "JSONExtractString",
        Operation.Round => "round",
        Operation.Floor => "floor",
        Operation.Ceiling => "ceil",
        Operation.Absolute => "abs",
        Operation.ToText => "toString",
        Operation.ToInteger => "toInt64",
        Operation.ToInteger32 => "toInt32",
        Operation.ToFloat => "toFloat64",
        Operation.ToDate => "toDate",
        Operation.ToDateTime => "toDateTime",
        Operation.StartOfMinute => "toStartOfMinute",
        Operation.StartOfHour => "toStartOfHour",
        Operation.StartOfDay => "toStartOfDay",
        Operation.StartOfMonth => "toStartOfMonth",
        Operation.StartOfQuarter => "toStartOfQuarter",
        Operation.StartOfYear => "toStartOfYear",
        Operation.FormatTime => "formatDateTime",
        Operation.Has => "has",
        Operation.HasAny => "hasAny",
        Operation.HasAll => "hasAll",
        _ => throw new InvalidOperationException($"{operation} is no function."),
    };
}
