using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Server.Analytics.Sql;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Binds one SELECT. One use.</summary>
internal sealed class SelectBinder(BindingContext context, CteScope? ctes)
{
    private readonly SourceBinder _sources = new(context, ctes);
    private readonly List<BoundExpression> _items = [];
    private readonly List<ResultColumn> _columns = [];

    /// <summary>Binds it.</summary>
    public BoundSelect Bind(SqlSelect select)
    {
        BoundSource? from = select.From is null ? null : _sources.Bind(select.From);
        ExpressionBinder expressions = new(context, _sources, select, ctes);
        foreach (SqlItem item in select.Items)
        {
            Add(item, expressions);
        }

        BoundExpression? where = select.Where is null ? null : expressions.Condition(select.Where);
        List<BoundExpression> groupBy = [.. select.GroupBy.Select(key => Positional(key) is { } index ? _items[index] : expressions.Bind(key))];
        BoundExpression? having = select.Having is null ? null : expressions.Condition(select.Having);
        List<BoundOrder> orderBy = [.. select.OrderBy.Select(order => Order(order, expressions))];
        BoundSelect bound = new(_columns, _items)
        {
            IsDistinct = select.IsDistinct,
            From = from,
            ArrayJoins = expressions.ArrayJoins,
            Where = where,
            GroupBy = groupBy,
            Having = having,
            OrderBy = orderBy,
            Limit = Math.Min(select.Limit ?? context.RowsMax, context.RowsMax),
            Offset = select.Offset,
        };
        AggregationRules.Check(bound);
        return bound;
    }

    private void Add(SqlItem item, ExpressionBinder expressions)
    {
        if (item.Expression is { } expression)
        {
            // By its alias, because inside its own expression the alias means something else.
            Add(item.Alias ?? Name(expression), expressions.Bind(item.Alias is { } alias ? new SqlName(null, alias) : expression));
            return;
        }

        List<ScopeSource> sources = [.. _sources.Scope.Where(source => item.StarOf is null || source.Name == item.StarOf)];
        if (sources.Count == 0)
        {
            throw item.StarOf is null ? AnalyticsException.Query("A star needs a FROM clause") : AnalyticsException.UnknownIdentifier(item.StarOf);
        }

        foreach ((string name, BoundColumn column) in sources.SelectMany(static source => source.All()))
        {
            Add(name, column);
        }
    }

    private void Add(string name, BoundExpression expression)
    {
        const int ColumnsMax = 1_000;
        if (expression.Type.Kind == SqlKind.Interval)
        {
            throw AnalyticsException.Query("An INTERVAL is no value of a result");
        }

        if (_items.Count >= ColumnsMax)
        {
            throw AnalyticsException.TooComplex();
        }

        _items.Add(expression);
        _columns.Add(new ResultColumn(context.NewId('c'), name, expression.Type) { TimeKeptDays = (expression as BoundColumn)?.TimeKeptDays });
    }

    // As ClickHouse: a name stands for itself, and keeps its source only when it would not be the only one.
    private string Name(SqlExpression expression)
    {
        string name = ColumnNames.Of(expression);
        return expression is SqlName { Source: { } source } && _columns.Any(column => column.Name == name) ? $"{source}.{name}" : name;
    }

    private int? Positional(SqlExpression expression)
    {
        if (expression is not SqlLiteral { Value: long position })
        {
            return null;
        }

        return position >= 1 && position <= _items.Count
            ? (int)position - 1
            : throw AnalyticsException.Query($"There is no column {position} to order or group by");
    }

    private BoundOrder Order(SqlOrder order, ExpressionBinder expressions)
    {
        int? position = Positional(order.Expression);
        BoundExpression expression = position is { } index ? _items[index] : expressions.Bind(order.Expression);
        if (expression.Type.Kind == SqlKind.Array)
        {
            throw AnalyticsException.Query("Arrays have no order");
        }

        int column = position ?? _items.FindIndex(item => item.Key == expression.Key);
        BoundFill? fill = order.Fill is null ? null : FillBinder.Bind(order, expression.Type, expressions);
        return new BoundOrder(expression, order.IsDescending, order.NullsFirst ?? false, column, fill);
    }
}
