using System.Collections.Generic;
using System.Linq;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Binds comparisons, with the conversions that they need. Stateless.</summary>
/// <remarks>The <c>time</c> of raw events is a number of milliseconds. Compared with a point in time it means one, as the author of a query means it.</remarks>
internal sealed class ComparisonBinder(BindingContext context)
{
    /// <summary>Binds a comparison.</summary>
    public BoundExpression Compare(Operation operation, BoundExpression left, BoundExpression right)
    {
        (left, right) = (Adapt(left, right.Type), Adapt(right, left.Type));
        bool isNullable = left.Type.IsNullable || right.Type.IsNullable;
        if (left.Type.Kind == SqlKind.Array && operation is not (Operation.Equal or Operation.NotEqual))
        {
            throw AnalyticsException.Query("Arrays have no order");
        }

        if (!AreComparable(left.Type, right.Type))
        {
            if (left.Type.IsTime && right.Type.IsTime)
            {
                (left, right) = (ToMilliseconds(left), ToMilliseconds(right));
            }
            else if ((left.Type.IsNumber && right.Type.Kind == SqlKind.DateTime) || (left.Type.Kind == SqlKind.DateTime && right.Type.IsNumber))
            {
                // As ClickHouse: a number beside seconds is a number of seconds.
                (left, right) = (ToSeconds(left), ToSeconds(right));
            }
            else
            {
                throw AnalyticsException.Query($"{left.Type} and {right.Type} cannot be compared");
            }
        }

        return context.Made(new BoundCall(SqlType.Integer.Nullable(isNullable), operation, [left, right]));
    }

    /// <summary>A constant as a kind of value that it is compared with.</summary>
    /// <exception cref="AnalyticsException">It cannot be one.</exception>
    public static BoundLiteral Constant(BoundLiteral literal, SqlType type)
    {
        if (Adapt(literal, type) is BoundLiteral adapted)
        {
            if (adapted.Type.Kind == SqlKind.Null || AreComparable(adapted.Type, type))
            {
                return adapted;
            }

            if (adapted.Type.IsTime && type.IsTime)
            {
                long ms = Times.Ms(adapted);
                BoundLiteral cut = Times.ToKind(adapted, type.Kind)!;

                // A moment inside a day or a second equals no day and no second.
                if (Times.Ms(cut) == ms)
                {
                    return cut;
                }
            }
        }

        throw AnalyticsException.Query($"{literal.Type} and {type} cannot be compared");
    }

    private static BoundExpression Adapt(BoundExpression side, SqlType other)
    {
        if (side is not BoundLiteral { Value: string text } literal || !other.IsTime)
        {
            return side;
        }

        // A text beside days may name a moment within one.
        SqlKind kind = other.Kind == SqlKind.Date && text.Length > "yyyy-MM-dd".Length ? SqlKind.DateTime : other.Kind;
        return Times.ToKind(literal, kind)
            ?? throw AnalyticsException.Query($"'{AnalyticsException.Shown(text)}' is no time; write it as 2026-08-21 or 2026-08-21 10:00:00");
    }

    private static bool AreComparable(SqlType left, SqlType right) =>
        left.Kind == SqlKind.Null || right.Kind == SqlKind.Null
        || (left.IsNumber && right.IsNumber)
        || (left.Kind is SqlKind.Date or SqlKind.DateTime && right.Kind is SqlKind.Date or SqlKind.DateTime)
        || (left.Kind == SqlKind.Array && right.Kind == SqlKind.Array && AreComparable(left.Element!, right.Element!))
        || (left.Kind == right.Kind && left.Kind is SqlKind.Text or SqlKind.DateTime64);

    private BoundExpression ToMilliseconds(BoundExpression side) => side switch
    {
        BoundLiteral literal when literal.Type.IsTime && literal.Value is long =>
            new BoundLiteral(SqlType.Milliseconds, Times.Ms(literal)) { RetentionMs = literal.RetentionMs },
        { Type.Kind: SqlKind.Milliseconds } => side,
        _ => context.Made(new BoundCall(SqlType.Milliseconds.Nullable(side.Type.IsNullable), Operation.ToMilliseconds, [side])),
    };

    private BoundExpression ToSeconds(BoundExpression side) => side switch
    {
        BoundLiteral { Type.Kind: SqlKind.DateTime, Value: long } literal => new BoundLiteral(SqlType.Integer, literal.Integer) { RetentionMs = literal.RetentionMs },
        { Type.IsNumber: true } => side,
        _ => context.Made(new BoundCall(SqlType.Integer.Nullable(side.Type.IsNullable), Operation.ToSeconds, [side])),
    };

    /// <summary>Whether an element of an array can equal a value.</summary>
    public static bool MayEqual(IEnumerable<SqlType> types) => types.Zip(types.Skip(1)).All(static pair => AreComparable(pair.First, pair.Second));
}
