using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Server.Analytics.Sql;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Binds what stands behind FROM. Belongs to one SELECT.</summary>
internal sealed class SourceBinder(BindingContext context, CteScope? ctes)
{
    private readonly List<int> _keptDays = [];

    /// <summary>The sources that names may mean, in order.</summary>
    public List<ScopeSource> Scope { get; } = [];

    /// <summary>Days that the longest kept table is kept; 0 for ever, or when there is no table.</summary>
    public int KeptDaysMax => _keptDays.Count == 0 || _keptDays.Contains(0) ? 0 : _keptDays.Max();

    /// <summary>Binds a source; its columns come into scope.</summary>
    public BoundSource Bind(SqlSource source) => source switch
    {
        SqlTable table => Table(table),
        SqlDerived derived => Derived(QueryBinder.Bind(derived.Query, context, ctes), derived.Alias),
        SqlJoin join => Join(join),
        _ => throw new InvalidOperationException("No such source."),
    };

    private BoundSource Table(SqlTable reference)
    {
        if (CteScope.Find(ctes, reference.Name) is { } cte)
        {
            return Derived(QueryBinder.Bind(cte.Query, context, cte.Outer), reference.Alias ?? reference.Name);
        }

        PublicTable table = context.Dataset.Find(reference.Name) ?? throw AnalyticsException.Table(reference.Name);
        int keptDays = table.KeptDays(context.RetentionDays);
        _keptDays.Add(keptDays);
        string id = context.NewId('t');
        List<ResultColumn> columns =
        [
            .. table.Columns.Select(column =>
                new ResultColumn(context.NewId('c'), column.Key, column.Value) { TimeKeptDays = column.Key == PublicTable.Time ? keptDays : null }),
        ];
        ScopeSource source = new(reference.Alias ?? reference.Name, id, columns);
        Scope.Add(source);
        return new BoundTable(table, id, columns, source.Used);
    }

    private BoundDerived Derived(BoundQuery query, string? alias)
    {
        string id = context.NewId('t');
        Scope.Add(new ScopeSource(alias, id, query.Columns));
        foreach (ResultColumn column in query.Columns)
        {
            if (column.TimeKeptDays is { } days)
            {
                _keptDays.Add(days);
            }
        }

        return new BoundDerived(query, id);
    }

    private BoundJoin Join(SqlJoin join)
    {
        int first = Scope.Count;
        BoundSource left = Bind(join.Left);
        int middle = Scope.Count;
        BoundSource right = Bind(join.Right);
        BoundExpression? condition = join.Using.Count > 0 ? Using(join, first, middle)
            : join.On is null ? null
            : new ExpressionBinder(context, this, null, ctes).Condition(join.On);
        for (int i = first; i < Scope.Count; i++)
        {
            Scope[i].IsOptional |= join.Kind == SqlJoinKind.Full || (i < middle ? join.Kind == SqlJoinKind.Right : join.Kind == SqlJoinKind.Left);
        }

        return new BoundJoin(join.Kind, left, right, condition);
    }

    private BoundExpression Using(SqlJoin join, int first, int middle)
    {
        if (join.Kind == SqlJoinKind.Full)
        {
            throw AnalyticsException.Query("A FULL JOIN with USING is not supported; write ON");
        }

        List<BoundExpression> conditions = [];
        foreach (string name in join.Using)
        {
            ScopeSource left = Scope[first..middle].FirstOrDefault(source => source.Offers(name)) ?? throw AnalyticsException.UnknownIdentifier(name);
            ScopeSource right = Scope[middle..].FirstOrDefault(source => source.Offers(name)) ?? throw AnalyticsException.UnknownIdentifier(name);
            conditions.Add(new ComparisonBinder(context).Compare(Operation.Equal, left.Find(name)!, right.Find(name)!));
            (join.Kind == SqlJoinKind.Right ? left : right).Merge(name);
        }

        return conditions.Count == 1 ? conditions[0] : context.Made(new BoundCall(SqlType.Integer, Operation.And, conditions));
    }
}
