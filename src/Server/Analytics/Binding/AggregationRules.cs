using System;
using System.Collections.Generic;
using System.Linq;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Where aggregates may stand, and what may stand beside them. SQLite would take an arbitrary row instead of refusing. Stateless.</summary>
internal static class AggregationRules
{
    /// <summary>Checks a SELECT.</summary>
    /// <exception cref="AnalyticsException">It breaks a rule.</exception>
    public static void Check(BoundSelect select)
    {
        if (select.Where is { } where && Has(where, static _ => true))
        {
            throw AnalyticsException.Query("An aggregate is not allowed in WHERE; use HAVING");
        }

        if (select.GroupBy.Any(static key => Has(key, static _ => true)) || select.ArrayJoins.Any(static join => Has(join, static _ => true)))
        {
            throw AnalyticsException.Query("An aggregate is not allowed in GROUP BY or arrayJoin()");
        }

        if (select.Having is { } having && Has(having, static aggregate => aggregate.Over is not null))
        {
            throw AnalyticsException.Query("A window is not allowed in HAVING");
        }

        IEnumerable<BoundExpression> outputs =
        [
            .. select.Items, .. select.Having is null ? (BoundExpression[])[] : [select.Having], .. select.OrderBy.Select(static order => order.Expression),
        ];
        bool isGrouped = select.GroupBy.Count > 0 || outputs.Any(static output => Has(output, static aggregate => aggregate.Over is null));
        if (!isGrouped)
        {
            if (select.Having is not null)
            {
                throw AnalyticsException.Query("HAVING needs GROUP BY or an aggregate");
            }

            CheckNesting(outputs, isGrouped: false);
            return;
        }

        CheckNesting(outputs, isGrouped: true);
        HashSet<string> keys = [.. select.GroupBy.Select(static key => key.Key)];
        foreach (BoundExpression output in outputs)
        {
            CheckGrouped(output, keys);
        }
    }

    // A plain aggregate holds no aggregate; one over a window may hold plain ones of a grouped SELECT.
    private static void CheckNesting(IEnumerable<BoundExpression> expressions, bool isGrouped)
    {
        foreach (BoundExpression expression in expressions)
        {
            if (expression is BoundAggregate aggregate
                && aggregate.Children.Any(child => Has(child, inner => aggregate.Over is null || inner.Over is not null || !isGrouped)))
            {
                throw AnalyticsException.Query("An aggregate is not allowed inside another");
            }

            CheckNesting(expression.Children, isGrouped);
        }
    }

    private static void CheckGrouped(BoundExpression expression, HashSet<string> keys)
    {
        if (keys.Contains(expression.Key) || expression is BoundAggregate { Over: null })
        {
            return;
        }

        if (expression is BoundArrayJoin || (expression is BoundColumn column && column.Reference.Contains('.', StringComparison.Ordinal)))
        {
            throw AnalyticsException.Query("A column is neither in GROUP BY nor inside an aggregate");
        }

        foreach (BoundExpression child in expression.Children)
        {
            CheckGrouped(child, keys);
        }
    }

    private static bool Has(BoundExpression expression, Func<BoundAggregate, bool> isIt) =>
        (expression is BoundAggregate aggregate && isIt(aggregate)) || expression.Children.Any(child => Has(child, isIt));
}
