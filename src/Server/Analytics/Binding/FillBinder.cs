using Unkey.Server.Analytics.Sql;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Binds WITH FILL. Stateless.</summary>
internal static class FillBinder
{
    /// <summary>Binds what fills the gaps of an order.</summary>
    /// <param name="order">The order.</param>
    /// <param name="type">Type of its values.</param>
    /// <param name="expressions">Binds the constants.</param>
    public static BoundFill Bind(SqlOrder order, SqlType type, ExpressionBinder expressions)
    {
        if (!type.IsInteger && !type.IsDate)
        {
            throw AnalyticsException.Query($"WITH FILL needs whole numbers or times, and not {type}");
        }

        (long step, IntervalUnit? unit) = Step(order, type, expressions);
        if (step == 0 || step < 0 != order.IsDescending)
        {
            throw AnalyticsException.Query("STEP of WITH FILL must lead from the first value to the last");
        }

        return new BoundFill(Edge(order.Fill!.From, type, expressions), Edge(order.Fill.To, type, expressions), step, unit);
    }

    private static (long Step, IntervalUnit? Unit) Step(SqlOrder order, SqlType type, ExpressionBinder expressions)
    {
        switch (order.Fill!.Step is { } step ? expressions.Bind(step) : null)
        {
            case null:
                return (order.IsDescending ? -1 : 1, null);
            case BoundLiteral { Value: long number }:
                return (number, null);
            case BoundInterval interval when type.IsDate || type.Kind == SqlKind.Milliseconds:
                bool isWhole = type.Kind switch { SqlKind.Date => interval.Unit >= IntervalUnit.Day, SqlKind.DateTime => interval.Unit > IntervalUnit.Millisecond, _ => true };
                bool isFixed = interval.Unit < IntervalUnit.Month;
                if (isWhole && (isFixed || type.Kind != SqlKind.Milliseconds))
                {
                    return type.Kind == SqlKind.Milliseconds ? (interval.Amount * TimeMath.UnitMs(interval.Unit), null) : (interval.Amount, interval.Unit);
                }

                break;
        }

        throw AnalyticsException.Query($"STEP of WITH FILL must be a constant number or INTERVAL that fits {type}");
    }

    private static BoundLiteral? Edge(SqlExpression? edge, SqlType type, ExpressionBinder expressions)
    {
        if (edge is null)
        {
            return null;
        }

        return expressions.Bind(edge) is BoundLiteral literal && Times.ToKind(literal, type.Kind) is { } constant
            ? constant
            : throw AnalyticsException.Query($"FROM and TO of WITH FILL must be constants of the kind of the column, {type}");
    }
}
