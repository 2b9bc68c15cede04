using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Server.Analytics.Sql;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Turns a parsed query into one whose every name, type and limit is known, or refuses it. Stateless.</summary>
internal static class QueryBinder
{
    /// <summary>Binds a whole query.</summary>
    /// <param name="query">As it was parsed.</param>
    /// <param name="context">The tables and limits.</param>
    /// <exception cref="AnalyticsException">It reads, calls or means something that it must not.</exception>
    public static BoundQuery Bind(SqlQuery query, BindingContext context) => Bind(query, context, null);

    /// <summary>Binds a query within the sight of common table expressions.</summary>
    public static BoundQuery Bind(SqlQuery query, BindingContext context, CteScope? ctes) => context.Select(() =>
    {
        foreach ((string name, SqlQuery cte) in query.Ctes)
        {
            if (Dataset.Verifications.Find(name) is not null || Dataset.Ratelimits.Find(name) is not null)
            {
                throw new AnalyticsException(
                    ErrorCode.InvalidAnalyticsTable, $"CTE name '{AnalyticsException.Shown(name)}' conflicts with a public table name");
            }

            // Checked even when nothing uses it.
            Bind(cte, context, ctes);
            ctes = new CteScope(name, cte, ctes);
        }

        return Body(query.Body, context, ctes);
    });

    private static BoundQuery Body(SqlBody body, BindingContext context, CteScope? ctes) => body switch
    {
        SqlSelect select => context.Select(() => new SelectBinder(context, ctes).Bind(select)),
        SqlNested nested => Bind(nested.Query, context, ctes),
        SqlSetOperation operation => Together(operation, context, ctes),
        _ => throw new InvalidOperationException("No such query."),
    };

    private static BoundSetOperation Together(SqlSetOperation operation, BindingContext context, CteScope? ctes)
    {
        BoundQuery left = Body(operation.Left, context, ctes);
        BoundQuery right = Body(operation.Right, context, ctes);
        if (left.Columns.Count != right.Columns.Count)
        {
            throw AnalyticsException.Query($"The sides of a UNION or EXCEPT have {left.Columns.Count} and {right.Columns.Count} columns");
        }

        List<ResultColumn> columns = [];
        foreach ((ResultColumn a, ResultColumn b) in left.Columns.Zip(right.Columns))
        {
            SqlType type = SqlType.Common(a.Type, b.Type)
                ?? throw AnalyticsException.Query($"Column '{AnalyticsException.Shown(a.Name)}' is {a.Type} on one side of a UNION or EXCEPT and {b.Type} on the other");
            columns.Add(new ResultColumn(context.NewId('c'), a.Name, type) { TimeKeptDays = a.TimeKeptDays });
        }

        return new BoundSetOperation(operation.Operator, left, right, columns, context.NewId('t'));
    }
}
