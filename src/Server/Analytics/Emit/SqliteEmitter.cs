using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Sql;

namespace Unkey.Server.Analytics.Emit;

/// <summary>Writes a bound query for the embedded store, so that it gives what ClickHouse gives. One use.</summary>
/// <remarks>Days and seconds are Unix seconds there, DateTime64 is Unix milliseconds, and arrays are JSON. Functions that begin with <c>ch_</c> are
/// the server's own (<c>Sqlite/SqliteFunctions.cs</c>).</remarks>
/// <param name="scope">Whose events it sees.</param>
/// <param name="dataset">The tables.</param>
internal sealed class SqliteEmitter(AnalyticsScope scope, Dataset dataset) : QueryEmitter(scope, dataset)
{
    private int _elements;

    /// <inheritdoc/>
    protected override string Parameter(int index) => "$p" + index.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    protected override string Column(string name) => $"\"{name}\"";

    /// <inheritdoc/>
    protected override string TableName(PublicTable table) => $"main.\"{table.Name}\"";

    // Raw events have no index of their columns, and SQLite makes none of a virtual table while it joins, but it does of what a LIMIT makes it gather first. Through that it passes no
    // condition, so those of the time are written inside as well.
    /// <inheritdoc/>
    protected override string JoinedSuffix(BoundTable table, BoundSelect select) => table.Table.IsRaw ? TimesOf(table, select) + " LIMIT -1" : "";

    /// <inheritdoc/>
    protected override string ArrayJoinSources(BoundSelect select) =>
        string.Concat(select.ArrayJoins.Select(join => $", json_each({Expression(join.Array)}) AS {join.Id}"));

    /// <inheritdoc/>
    protected override string OrderSuffix(BoundOrder order, bool isTop)
    {
        if (order.Fill is not null && !isTop)
        {
            throw AnalyticsException.Query("WITH FILL inside a subquery or a UNION needs ClickHouse; the embedded event store fills the rows of the answer only");
        }

        return (order.IsDescending ? " DESC" : " ASC") + (order.NullsFirst ? " NULLS FIRST" : " NULLS LAST");
    }

    /// <inheritdoc/>
    protected override bool WritesLimit(BoundSelect select, bool isTop) => !isTop || !select.OrderBy.Any(static order => order.Fill is not null);

    /// <inheritdoc/>
    protected override string Together(BoundSetOperation operation)
    {
        string left = Side(operation.Left);
        if (operation.Operator != SqlSetOperator.Except)
        {
            return $"{left} UNION{(operation.Operator == SqlSetOperator.UnionAll ? " ALL" : "")} {Side(operation.Right)}";
        }

        // ClickHouse keeps repeated rows of the left side, which EXCEPT of SQLite would not.
        string same = string.Join(" AND ", operation.Left.Columns.Zip(operation.Right.Columns, (a, b) => $"{operation.Id}.{a.Id} IS {operation.Id}r.{b.Id}"));
        return $"{left} WHERE NOT EXISTS (SELECT 1 FROM ({Query(operation.Right)}) AS {operation.Id}r WHERE {same})";

        string Side(BoundQuery side) =>
            $"SELECT {string.Join(", ", side.Columns.Zip(operation.Columns, (from, to) => $"{operation.Id}.{from.Id} AS {to.Id}"))} FROM ({Query(side)}) AS {operation.Id}";
    }

    /// <inheritdoc/>
    protected override string Literal(BoundLiteral literal) => literal.Value switch
    {
        null => "NULL",
        long value => Number(value),
        double value => Number(value),
        bool value => value ? "1" : "0",
        string value => Text(value),
        _ => throw new InvalidOperationException("No such constant."),
    };

    /// <inheritdoc/>
    protected override string Reference(BoundColumn column)
    {
        // The parameter of a lambda is the source of its elements.
        string reference = column.Reference.Contains('.', StringComparison.Ordinal) ? column.Reference : Element(column.Type, column.Reference);
        return column is { IsOptional: true, Type.IsNullable: false } ? $"coalesce({reference}, {Default(column.Type)})" : reference;
    }

    /// <inheritdoc/>
    protected override string ArrayJoin(BoundArrayJoin join) => Element(join.Type, join.Id);

    /// <inheritdoc/>
    protected override string Filter(BoundFilter filter) =>
        $"(SELECT ch_array(json_group_array({filter.Parameter}.value)) FROM json_each({Expression(filter.Array)}) AS {filter.Parameter} WHERE {Expression(filter.Condition)})";

    /// <inheritdoc/>
    protected override string Scalar(BoundScalarQuery scalar) =>
        $"(SELECT CASE WHEN count(*) > 1 THEN ch_fail(0) ELSE max({scalar.Query.Columns[0].Id}) END FROM ({Query(scalar.Query)}))";

    /// <inheritdoc/>
    protected override string Aggregate(BoundAggregate aggregate)
    {
        BoundExpression? argument = aggregate.Arguments.Count > 0 ? aggregate.Arguments[0] : null;
        string value = argument is null ? "" : Expression(argument);
        string distinct = aggregate.IsDistinct ? "DISTINCT " : "";
        string filter = aggregate.Condition is null ? "" : $" FILTER (WHERE {Expression(aggregate.Condition)})";
        string over = aggregate.Over is null ? "" : Window(aggregate.Over);
        string[] nullable = [.. aggregate.Arguments.Where(static item => item.Type.IsNullable).Select(item => Expression(item) + " IS NOT NULL")];
        string notNull = nullable.Length == 0 ? "" : $" FILTER (WHERE {string.Join(" AND ", nullable)})";
        switch (aggregate.Function)
        {
            case "count" or "countIf":
                return $"count({(argument is { Type.IsNullable: true } ? value : "*")}){filter}{over}";
            case "uniq" or "uniqExact":
                return aggregate.Arguments.Count == 1 ? $"count(DISTINCT {value})" : $"count(DISTINCT json_array({List(aggregate.Arguments)})){notNull}";
            case "avg":
                return $"avg({distinct}{value}){over}";
            case "quantile":
                return $"ch_quantile({value}, {Number(aggregate.Parameter!.Value)})";
            case "groupArray" or "groupUniqArray":
                // JSON of SQLite has too few digits for floating-point numbers.
                string element = argument!.Type.Kind == SqlKind.Float ? $"ch_float_text({value})" : value;
                string array = $"json_group_array({(aggregate.Function == "groupUniqArray" ? "DISTINCT " : "")}{element}){notNull}";
                return aggregate.Parameter is { } count ? $"ch_array({array}, {Number((long)count)})" : $"ch_array({array})";
        }

        string function = aggregate.Function switch { "sumIf" => "sum", "any" => "min", string name => name };
        string text = $"{function}({distinct}{value}){filter}{over}";
        return aggregate.Type.IsNullable ? text : $"coalesce({text}, {Default(aggregate.Type)})";
    }

    /// <inheritdoc/>
    protected override string Call(BoundCall call)
    {
        BoundExpression? first = call.Arguments.Count > 0 ? call.Arguments[0] : null;
        string argument = first is null ? "" : Expression(first);
        return call.Operation switch
        {
            Operation.Add => Infix("+", call.Arguments),
            Operation.Subtract => Infix("-", call.Arguments),
            Operation.Multiply => Infix("*", call.Arguments),
            Operation.Divide => $"ch_divide({List(call.Arguments)})",
            Operation.Modulo => $"ch_modulo({List(call.Arguments)})",
            Operation.Negate => $"(-{argument})",
            Operation.Equal => Infix("=", call.Arguments),
            Operation.NotEqual => Infix("<>", call.Arguments),
            Operation.Less => Infix("<", call.Arguments),
            Operation.LessOrEqual => Infix("<=", call.Arguments),
            Operation.Greater => Infix(">", call.Arguments),
            Operation.GreaterOrEqual => Infix(">=", call.Arguments),
            Operation.And => $"({string.Join(" AND ", call.Arguments.Select(Undecided))})",
            Operation.Or => Infix("OR", call.Arguments),
            Operation.Not => $"(NOT {argument})",
            Operation.Like => $"ch_like({List(call.Arguments)}, 0)",
            Operation.ILike => $"ch_like({List(call.Arguments)}, 1)",
            // Of a call, which may be anything: see Undecided.
            Operation.IsNull => $"(coalesce({argument}, NULL) IS NULL)",
            Operation.IsNotNull => $"(coalesce({argument}, NULL) IS NOT NULL)",
            Operation.Concatenate => Infix("||", call.Arguments),
            Operation.Coalesce => call.Arguments.Count == 1 ? argument : $"coalesce({List(call.Arguments)})",
            Operation.Lower => $"lower({argument})",
            Operation.Upper => $"upper({argument})",
            Operation.Trim => $"trim({argument})",
            Operation.Substring => $"ch_substring({List(call.Arguments)})",
            Operation.Length => $"ch_length({argument})",
            Operation.ArrayLength => $"json_array_length({argument})",
            Operation.StartsWith => $"ch_starts({List(call.Arguments)})",
            Operation.EndsWith => $"ch_ends({List(call.Arguments)})",
            Operation.JsonText => $"ch_json({List(call.Arguments)})",
            Operation.Round => $"ch_round({List(call.Arguments)}, 0)",
            Operation.Floor => $"ch_round({List(call.Arguments)}, -1)",
            Operation.Ceiling => $"ch_round({List(call.Arguments)}, 1)",
            Operation.Absolute => $"abs({argument})",
            Operation.MakeArray => $"ch_array(json_array({List(call.Arguments)}))",
            Operation.Has => $"EXISTS (SELECT 1 FROM {Each(call.Arguments[0], out string element)} WHERE {element} = {Expression(call.Arguments[1])})",
            Operation.HasAny => $"EXISTS (SELECT 1 FROM {Each(call.Arguments[0], out string one)}, {Each(call.Arguments[1], out string other)} WHERE {one} = {other})",
            Operation.HasAll => $"NOT EXISTS (SELECT 1 FROM {Each(call.Arguments[1], out string wanted)} WHERE NOT EXISTS"
                + $" (SELECT 1 FROM {Each(call.Arguments[0], out string there)} WHERE {there} = {wanted}))",
            _ => SqliteConversions.Emit(call, argument, call.Arguments.Count > 1 && call.Arguments[1] is not BoundInterval ? Expression(call.Arguments[1]) : ""),
        };
    }

    // What SQLite can decide while it reads a query, (x AND 0) or (0 IS NULL), becomes a number there, and a number is the place of a column in GROUP BY and ORDER BY.
    private string Undecided(BoundExpression operand)
    {
        string text = Expression(operand);
        return IsNumber(text) ? $"(+{text})" : text;
    }

    /// <summary>What ClickHouse has where there is nothing.</summary>
    private static string Default(SqlType type) => type.Kind switch
    {
        SqlKind.Text => "''",
        SqlKind.Array => "'[]'",
        SqlKind.Float => "0.0",
        _ => "0",
    };

    private static string Element(SqlType type, string source) => type.Kind == SqlKind.Float ? $"CAST({source}.value AS REAL)" : $"{source}.value";

    private string TimesOf(BoundTable table, BoundSelect select)
    {
        string time = $"{table.Id}.{table.Columns.First(static column => column.Name == PublicTable.Time).Id}";
        return IsInner(select.From!) ? string.Concat(Conditions(select.Where).OfType<BoundCall>().Select(Bound)) : "";

        string Bound(BoundCall call) => SymbolOf(call.Operation) is { } symbol && call.Arguments is [BoundColumn column, BoundLiteral bound] && column.Reference == time
            ? $" AND {Column(PublicTable.Time)} {symbol} {Literal(bound)}"
            : "";
    }

    // The rows that another kind of join adds have no time, and conditions mean something else for them.
    private static bool IsInner(BoundSource source) =>
        source is not BoundJoin join || (join.Kind is not (SqlJoinKind.Left or SqlJoinKind.Right or SqlJoinKind.Full) && IsInner(join.Left) && IsInner(join.Right));

    private static IEnumerable<BoundExpression> Conditions(BoundExpression? condition) => condition switch
    {
        null => [],
        BoundCall { Operation: Operation.And } all => all.Arguments.SelectMany(Conditions),
        _ => [condition],
    };

    private static string? SymbolOf(Operation operation) => operation switch
    {
        Operation.Equal => "=",
        Operation.Less => "<",
        Operation.LessOrEqual => "<=",
        Operation.Greater => ">",
        Operation.GreaterOrEqual => ">=",
        _ => null,
    };

    private string Each(BoundExpression array, out string element)
    {
        string id = "e" + (++_elements).ToString(CultureInfo.InvariantCulture);
        element = Element(array.Type.Element!, id);
        return $"json_each({Expression(array)}) AS {id}";
    }
}
