using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.CompilerServices;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Sql;

namespace Unkey.Server.Analytics.Emit;

/// <summary>Writes a bound query in the language of a store: what both stores write alike. One use.</summary>
/// <param name="scope">Whose events it sees.</param>
/// <param name="dataset">The tables.</param>
internal abstract class QueryEmitter(AnalyticsScope scope, Dataset dataset)
{
    // Half of what ClickHouse takes by default; a query that grows beyond names the same expression again and again.
    private const int CharactersMax = 128 * 1024;

    // Over all parts, each of which is written again as part of the next larger one.
    private const long WrittenMax = 64 * CharactersMax;

    private readonly List<string> _texts = [];
    private readonly Dictionary<string, int> _textIndex = new(StringComparer.Ordinal);
    private long _written;
    private BoundSelect? _joining;

    /// <summary>Writes a query.</summary>
    public EmittedQuery Emit(BoundQuery query) => new(Query(query, isTop: true), _texts);

    /// <summary>How a parameter is written.</summary>
    protected abstract string Parameter(int index);

    /// <summary>How the name of a column is written.</summary>
    protected abstract string Column(string name);

    /// <summary>Name of a table in the store.</summary>
    protected abstract string TableName(PublicTable table);

    /// <summary>What stands behind a key of an order.</summary>
    protected abstract string OrderSuffix(BoundOrder order, bool isTop);

    /// <summary>Sources that multiply the rows, with their commas; empty where a function does it.</summary>
    protected abstract string ArrayJoinSources(BoundSelect select);

    /// <summary>What two queries have in common or not.</summary>
    protected abstract string Together(BoundSetOperation operation);

    /// <summary>Whether a limit is written here; the store may count rows itself.</summary>
    protected virtual bool WritesLimit(BoundSelect select, bool isTop) => true;

    /// <summary>A constant.</summary>
    protected abstract string Literal(BoundLiteral literal);

    /// <summary>A column of a source.</summary>
    protected abstract string Reference(BoundColumn column);

    /// <summary>An operation.</summary>
    protected abstract string Call(BoundCall call);

    /// <summary>An aggregate.</summary>
    protected abstract string Aggregate(BoundAggregate aggregate);

    /// <summary>An element of a multiplied row.</summary>
    protected abstract string ArrayJoin(BoundArrayJoin join);

    /// <summary>Elements that satisfy a condition.</summary>
    protected abstract string Filter(BoundFilter filter);

    /// <summary>The value of a subquery.</summary>
    protected abstract string Scalar(BoundScalarQuery scalar);

    /// <summary>A text as a parameter; equal texts share one.</summary>
    protected string Text(string text)
    {
        if (!_textIndex.TryGetValue(text, out int index))
        {
            index = _texts.Count;
            _texts.Add(text);
            _textIndex.Add(text, index);
        }

        return Parameter(index);
    }

    /// <summary>A query, without parentheses.</summary>
    protected string Query(BoundQuery query, bool isTop = false) => Checked(query switch
    {
        BoundSelect select => Select(select, isTop),
        BoundSetOperation operation => Together(operation),
        _ => throw new InvalidOperationException("No such query."),
    });

    /// <summary>An expression.</summary>
    protected string Expression(BoundExpression expression) => Checked(!RuntimeHelpers.TryEnsureSufficientExecutionStack() ? throw AnalyticsException.TooComplex() : expression switch
    {
        BoundLiteral literal => Literal(literal),
        BoundColumn column => Reference(column),
        BoundCall call => Call(call),
        BoundCase choice => Case(choice),
        BoundInList list => InList(list),
        BoundInQuery query => $"({Expression(query.Operand)} {(query.IsNegated ? "NOT IN" : "IN")} ({Query(query.Query)}))",
        BoundScalarQuery scalar => Scalar(scalar),
        BoundFilter filter => Filter(filter),
        BoundArrayJoin join => ArrayJoin(join),
        BoundAggregate aggregate => Aggregate(aggregate),
        _ => throw new InvalidOperationException("No such expression."),
    });

    /// <summary>An expression whose values become those of a wider type.</summary>
    protected virtual string Converted(BoundExpression expression, SqlType type) => Expression(expression);

    /// <summary>Expressions separated by commas.</summary>
    protected string List(IEnumerable<BoundExpression> expressions) => string.Join(", ", expressions.Select(Expression));

    /// <summary>Operands with an operator between them.</summary>
    protected string Infix(string symbol, IEnumerable<BoundExpression> operands) => $"({string.Join($" {symbol} ", operands.Select(Expression))})";

    /// <summary>What stands behind OVER.</summary>
    protected string Window(BoundWindow window)
    {
        List<string> parts = [];
        if (window.PartitionBy.Count > 0)
        {
            parts.Add("PARTITION BY " + List(window.PartitionBy));
        }

        if (window.OrderBy.Count > 0)
        {
            parts.Add("ORDER BY " + string.Join(", ", window.OrderBy.Select(order => Expression(order.Expression) + OrderSuffix(order, isTop: false))));
        }

        if (window.Frame is { } frame)
        {
            parts.Add($"{(frame.IsRows ? "ROWS" : "RANGE")} BETWEEN {Bound(frame.Start, "PRECEDING")} AND {Bound(frame.End, "FOLLOWING")}");
        }

        return $" OVER ({string.Join(' ', parts)})";
    }

    /// <summary>A number in any culture.</summary>
    protected static string Number(long value) => value < 0 ? $"({value.ToString(CultureInfo.InvariantCulture)})" : value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A number that is always read as a floating-point one.</summary>
    protected static string Number(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        text = text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0";
        return value < 0 ? $"({text})" : text;
    }

    private static string Bound(long? rows, string unbounded) => rows switch
    {
        null => "UNBOUNDED " + unbounded,
        0 => "CURRENT ROW",
        < 0 => $"{(-rows.Value).ToString(CultureInfo.InvariantCulture)} PRECEDING",
        _ => $"{rows.Value.ToString(CultureInfo.InvariantCulture)} FOLLOWING",
    };

    private string Checked(string text)
    {
        _written += text.Length;
        return text.Length > CharactersMax || _written > WrittenMax ? throw AnalyticsException.TooComplex() : text;
    }

    private string Select(BoundSelect select, bool isTop)
    {
        List<string> parts = ["SELECT"];
        if (select.IsDistinct)
        {
            parts.Add("DISTINCT");
        }

        parts.Add(string.Join(", ", select.Items.Zip(select.Columns, (item, column) => $"{Expression(item)} AS {column.Id}")));
        string joins = ArrayJoinSources(select);
        if (select.From is { } from)
        {
            parts.Add($"FROM {SourceOf(select, from)}{joins}");
        }
        else if (joins.Length > 0)
        {
            parts.Add("FROM (SELECT 1)" + joins);
        }

        if (select.Where is { } where)
        {
            parts.Add("WHERE " + Expression(where));
        }

        if (select.GroupBy.Count > 0)
        {
            parts.Add("GROUP BY " + string.Join(", ", select.GroupBy.Select(KeyExpression)));
        }

        if (select.Having is { } having)
        {
            parts.Add("HAVING " + Expression(having));
        }

        if (select.OrderBy.Count > 0)
        {
            parts.Add("ORDER BY " + string.Join(
                ", ", select.OrderBy.Select(order => (order.Column < 0 ? KeyExpression(order.Expression) : select.Columns[order.Column].Id) + OrderSuffix(order, isTop))));
        }

        if (WritesLimit(select, isTop))
        {
            parts.Add($"LIMIT {Number(select.Limit)} OFFSET {Number(select.Offset)}");
        }

        return string.Join(' ', parts);
    }

    /// <summary>What stands behind the conditions of a table that is joined with others.</summary>
    /// <param name="table">The table.</param>
    /// <param name="select">The query that joins it.</param>
    protected virtual string JoinedSuffix(BoundTable table, BoundSelect select) => "";

    private string SourceOf(BoundSelect select, BoundSource source)
    {
        // Subqueries have their own.
        BoundSelect? outer = _joining;
        _joining = select;
        string text = Source(source);
        _joining = outer;
        return text;
    }

    /// <summary>Whether an expression is a bare number, in parentheses or not.</summary>
    protected static bool IsNumber(string text) => !text.AsSpan().Trim("(-)").ContainsAnyExceptInRange('0', '9');

    // A bare number would be the place of a column.
    private string KeyExpression(BoundExpression key)
    {
        string text = Expression(key);
        return IsNumber(text) ? $"({text} + 0)" : text;
    }

    private string Source(BoundSource source, bool isJoined = false) => Checked(source switch
    {
        BoundTable table => Table(table, isJoined),
        BoundDerived derived => $"({Query(derived.Query)}) AS {derived.Id}",
        BoundJoin join => Join(join),
        _ => throw new InvalidOperationException("No such source."),
    });

    // The wall between tenants: a query sees this and never the table itself.
    private string Table(BoundTable table, bool isJoined)
    {
        string columns = string.Join(", ", table.Columns.Where(column => table.Used.Contains(column.Id)).Select(column => $"{Column(column.Name)} AS {column.Id}"));
        string limited = scope.Ids is not { } ids ? ""
            : ids.Count == 0 ? " AND 1 = 0"
            : $" AND {Column(dataset.ScopeColumn)} IN ({string.Join(", ", ids.Select(Text))})";
        return $"(SELECT {(columns.Length == 0 ? "1 AS " + table.Columns[0].Id : columns)} FROM {TableName(table.Table)}"
            + $" WHERE {Column("workspace_id")} = {Text(scope.WorkspaceId)}{limited}{(isJoined ? JoinedSuffix(table, _joining!) : "")}) AS {table.Id}";
    }

    private string Join(BoundJoin join)
    {
        string kind = join.Kind switch
        {
            SqlJoinKind.Inner => "INNER JOIN",
            SqlJoinKind.Left => "LEFT JOIN",
            SqlJoinKind.Right => "RIGHT JOIN",
            SqlJoinKind.Full => "FULL JOIN",
            _ => "CROSS JOIN",
        };
        string right = join.Right is BoundJoin ? $"({Source(join.Right)})" : Source(join.Right, isJoined: true);
        return $"{Source(join.Left, isJoined: true)} {kind} {right}{(join.On is null ? "" : $" ON {Expression(join.On)}")}";
    }

    private string Case(BoundCase choice) => "(CASE"
        + string.Concat(choice.Branches.Select(branch => $" WHEN {Expression(branch.When)} THEN {Converted(branch.Then, choice.Type)}"))
        + (choice.Else is null ? "" : $" ELSE {Converted(choice.Else, choice.Type)}") + " END)";

    private string InList(BoundInList list) => list.Items.Count == 0
        ? (list.IsNegated ? "1" : "0")
        : $"({Expression(list.Operand)} {(list.IsNegated ? "NOT IN" : "IN")} ({List(list.Items)}))";
}
