namespace Unkey.Server.Analytics.Binding;

/// <summary>Binds <c>+ - * / %</c>, over numbers and over times. Stateless.</summary>
internal sealed class ArithmeticBinder(BindingContext context)
{
    /// <summary>Binds an operator.</summary>
    public BoundExpression Bind(string symbol, BoundExpression left, BoundExpression right)
    {
        if (symbol is "+" or "-")
        {
            if (right is BoundInterval interval && left.Type.IsTime)
            {
                return Move(left, symbol == "-" ? interval with { Amount = -interval.Amount } : interval);
            }

            if (symbol == "+" && left is BoundInterval first && right.Type.IsTime)
            {
                return Move(right, first);
            }

            if (left.Type.IsDate && right.Type.IsInteger)
            {
                return Move(left, right, symbol == "-");
            }

            if (symbol == "+" && left.Type.IsInteger && right.Type.IsDate)
            {
                return Move(right, left, isBack: false);
            }

            if (symbol == "-" && left.Type.Kind == right.Type.Kind && left.Type.Kind is SqlKind.Date or SqlKind.DateTime)
            {
                return context.Made(new BoundCall(SqlType.Integer.Nullable(IsNullable(left, right)), Operation.TimeBetween, [left, right]));
            }
        }

        if (!left.Type.IsNumber || !right.Type.IsNumber)
        {
            bool isNull = left.Type.Kind == SqlKind.Null || right.Type.Kind == SqlKind.Null;
            throw AnalyticsException.Query(isNull ? $"NULL has no '{symbol}'" : $"{left.Type} {symbol} {right.Type} has no meaning");
        }

        bool isFloat = left.Type.Kind == SqlKind.Float || right.Type.Kind == SqlKind.Float;
        Operation operation = symbol switch
        {
            "+" => Operation.Add,
            "-" => Operation.Subtract,
            "*" => Operation.Multiply,
            "/" => Operation.Divide,
            _ when isFloat => throw AnalyticsException.Query("% is for whole numbers only"),
            _ => Operation.Modulo,
        };
        SqlType type = isFloat || operation == Operation.Divide ? SqlType.Float : SqlType.Integer;
        return context.Made(new BoundCall(type.Nullable(IsNullable(left, right)), operation, [left, right]));
    }

    private BoundExpression Move(BoundExpression time, BoundInterval interval)
    {
        SqlKind kind = time.Type.Kind switch
        {
            SqlKind.Milliseconds or SqlKind.DateTime64 => SqlKind.DateTime64,
            SqlKind.Date when interval.Unit >= IntervalUnit.Day => SqlKind.Date,
            _ => interval.Unit == IntervalUnit.Millisecond ? SqlKind.DateTime64 : SqlKind.DateTime,
        };
        if (time is BoundLiteral literal)
        {
            long? retentionMs = literal.RetentionMs is { } before ? TimeMath.Add(before, interval.Amount, interval.Unit, hasFixedMonths: true) : null;
            return context.Made(Times.Make(kind, TimeMath.Add(Times.Ms(literal), interval.Amount, interval.Unit), retentionMs));
        }

        BoundExpression from = time.Type.Kind == SqlKind.Milliseconds ? FunctionBinder.FromMilliseconds(context, time) : time;
        return context.Made(new BoundCall(new SqlType(kind, time.Type.IsNullable), Operation.AddInterval, [from, interval]));
    }

    private BoundExpression Move(BoundExpression time, BoundExpression amount, bool isBack)
    {
        if (amount is BoundLiteral { Value: long number })
        {
            // Days are counted in days, and everything finer in seconds.
            return Move(time, new BoundInterval(isBack ? -number : number, time.Type.Kind == SqlKind.Date ? IntervalUnit.Day : IntervalUnit.Second));
        }

        BoundExpression change = isBack ? context.Made(new BoundCall(amount.Type, Operation.Negate, [amount])) : amount;
        return time.Type.Kind == SqlKind.DateTime64
            ? throw AnalyticsException.Query("A DateTime64 moves by an INTERVAL only")
            : context.Made(new BoundCall(time.Type.Nullable(IsNullable(time, amount)), Operation.AddUnits, [time, change]));
    }

    private static bool IsNullable(BoundExpression left, BoundExpression right) => left.Type.IsNullable || right.Type.IsNullable;
}
