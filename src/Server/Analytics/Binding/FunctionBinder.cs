using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Server.Analytics.Sql;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Binds calls of functions that work on values of one row; hands times and aggregates on. Stateless.</summary>
internal sealed class FunctionBinder(ExpressionBinder expressions)
{
    private BindingContext Context => expressions.Context;

    /// <summary>A point in time from the number of milliseconds that raw events have.</summary>
    public static BoundExpression FromMilliseconds(BindingContext context, BoundExpression ms) => ms is BoundLiteral { Value: long value }
        ? context.Made(Times.Make(SqlKind.DateTime64, value, value))
        : context.Made(new BoundCall(SqlType.DateTime64.Nullable(ms.Type.IsNullable), Operation.FromMilliseconds, [ms]));

    /// <summary>Binds a call.</summary>
    public BoundExpression Bind(SqlCall call)
    {
        if (AggregateBinder.IsAggregate(call.Name))
        {
            return new AggregateBinder(expressions).Bind(call);
        }

        if (call.IsStar || call.IsDistinct || call.Parameters is not null || call.Over is not null)
        {
            throw AnalyticsException.Query($"Function '{call.Name}' takes no star, no DISTINCT, no second list and no window");
        }

        if (call.Name == "arrayFilter")
        {
            return Filter(call);
        }

        List<BoundExpression> arguments = [.. call.Arguments.Select(expressions.Bind)];
        return new TimeBinder(Context).TryBind(call.Name, arguments) ?? Bind(call.Name, arguments);
    }

    /// <summary>Texts, one behind the other.</summary>
    public BoundExpression Concatenate(IReadOnlyList<BoundExpression> parts) =>
        Context.Made(new BoundCall(SqlType.Text.Nullable(parts.Any(static part => part.Type.IsNullable)), Operation.Concatenate, [.. parts.Select(ToText)]));

    private BoundExpression Bind(string name, List<BoundExpression> arguments)
    {
        SqlType first = arguments.Count > 0 ? arguments[0].Type : SqlType.Null;
        switch (name)
        {
            case "lower" or "upper" or "trim" when Fits(arguments, SqlKind.Text):
                return Call(SqlType.Text, name switch { "lower" => Operation.Lower, "upper" => Operation.Upper, _ => Operation.Trim }, arguments);
            case "substring" when arguments is [_, BoundLiteral { Value: 0L }, ..]:
                throw AnalyticsException.Query("Function 'substring' counts from 1");
            case "substring" when Fits(arguments, SqlKind.Text, SqlKind.Integer) || Fits(arguments, SqlKind.Text, SqlKind.Integer, SqlKind.Integer):
                return Call(SqlType.Text, Operation.Substring, arguments);
            case "concat" when arguments.Count > 0:
                return Concatenate(arguments);
            case "length" when Fits(arguments, SqlKind.Text) || Fits(arguments, SqlKind.Array):
                return Call(SqlType.Integer, first.Kind == SqlKind.Text ? Operation.Length : Operation.ArrayLength, arguments);
            case "startsWith" or "endsWith" when Fits(arguments, SqlKind.Text, SqlKind.Text):
                return Call(SqlType.Integer, name == "startsWith" ? Operation.StartsWith : Operation.EndsWith, arguments);
            case "JSONExtractString" when arguments.Count > 0 && first.Kind == SqlKind.Text && arguments.Skip(1).All(static step => step.Type.Kind is SqlKind.Text or SqlKind.Integer):
                return Call(SqlType.Text, Operation.JsonText, arguments);
            case "round" or "floor" or "ceil":
                return Round(name, arguments);
            case "abs" when arguments.Count == 1 && first.IsNumber:
                return Call(first.Kind == SqlKind.Float ? SqlType.Float : SqlType.Integer, Operation.Absolute, arguments);
            case "if" when arguments.Count == 3:
                return expressions.Case([(ExpressionBinder.Condition(arguments[0]), arguments[1])], arguments[2]);
            case "coalesce" when arguments.Count > 0:
                return Coalesce(arguments);
            case "toString" when arguments.Count == 1:
                return ToText(arguments[0]);
            case "toInt32" or "toInt64" when arguments.Count == 1 && first.Kind is not (SqlKind.Array or SqlKind.Interval or SqlKind.Null):
                return ToInteger(name, arguments[0]);
            case "toFloat64" when arguments.Count == 1 && (first.IsNumber || first.Kind == SqlKind.Text):
                return Call(SqlType.Float, Operation.ToFloat, arguments);
            case "has" when arguments.Count == 2 && first.Kind == SqlKind.Array && ComparisonBinder.MayEqual([first.Element!, arguments[1].Type]):
                return Call(SqlType.Integer, Operation.Has, arguments);
            case "hasAny" or "hasAll" when Fits(arguments, SqlKind.Array, SqlKind.Array) && ComparisonBinder.MayEqual([first.Element!, arguments[1].Type.Element!]):
                return Call(SqlType.Integer, name == "hasAny" ? Operation.HasAny : Operation.HasAll, arguments);
            case "arrayJoin" when Fits(arguments, SqlKind.Array):
                return expressions.ArrayJoin(arguments[0]);
            default:
                throw DoesNotTake(name, arguments);
        }
    }

    /// <summary>The refusal of arguments.</summary>
    public static AnalyticsException DoesNotTake(string name, IReadOnlyList<BoundExpression> arguments) =>
        AnalyticsException.Query($"Function '{name}' does not take ({string.Join(", ", arguments.Take(8).Select(static argument => argument.Type.ToString()))})");

    private static bool Fits(List<BoundExpression> arguments, params SqlKind[] kinds) => arguments.Select(static argument => argument.Type.Kind).SequenceEqual(kinds);

    private BoundFilter Filter(SqlCall call)
    {
        if (call.Arguments is not [SqlLambda lambda, SqlExpression array])
        {
            throw AnalyticsException.Query("Function 'arrayFilter' takes a lambda of one parameter and an array: arrayFilter(x -> startsWith(x, 'a'), tags)");
        }

        BoundExpression bound = expressions.Bind(array);
        if (bound.Type.Kind != SqlKind.Array)
        {
            throw DoesNotTake(call.Name, [bound]);
        }

        (BoundColumn parameter, BoundExpression body) = expressions.Lambda(lambda.Parameter, bound.Type.Element!, lambda.Body);
        return Context.Made(new BoundFilter(bound.Type, parameter.Reference, body, bound));
    }

    private BoundExpression Round(string name, List<BoundExpression> arguments)
    {
        if (arguments.Count is 0 or > 2 || !arguments[0].Type.IsNumber || (arguments.Count == 2 && arguments[1] is not BoundLiteral { Value: long }))
        {
            throw DoesNotTake(name, arguments);
        }

        const long PlacesMax = 15;
        long places = arguments.Count == 2 ? ((BoundLiteral)arguments[1]).Integer : 0;
        if (places is < -PlacesMax or > PlacesMax || (places < 0 && arguments[0].Type.IsInteger))
        {
            throw AnalyticsException.Query($"Function '{name}' rounds to at most {PlacesMax} places, and whole numbers to none before the point");
        }

        Operation operation = name switch { "round" => Operation.Round, "floor" => Operation.Floor, _ => Operation.Ceiling };
        return arguments[0].Type.IsInteger ? arguments[0] : Call(SqlType.Float, operation, [arguments[0], new BoundLiteral(SqlType.Integer, places)]);
    }

    private BoundCall Coalesce(List<BoundExpression> arguments)
    {
        SqlType type = SqlType.Null;
        foreach (BoundExpression argument in arguments)
        {
            type = SqlType.Common(type, argument.Type) ?? throw DoesNotTake("coalesce", arguments);
        }

        return Context.Made(new BoundCall(type.Nullable(arguments.All(static argument => argument.Type.IsNullable)), Operation.Coalesce, arguments));
    }

    private BoundCall ToInteger(string name, BoundExpression argument) =>
        name == "toInt32" && argument.Type.Kind is SqlKind.DateTime64
            ? throw DoesNotTake(name, [argument])
            : Call(SqlType.Integer, name == "toInt32" ? Operation.ToInteger32 : Operation.ToInteger, [argument]);

    private BoundExpression ToText(BoundExpression part) => part.Type.Kind switch
    {
        SqlKind.Text => part,
        SqlKind.Array or SqlKind.Interval or SqlKind.Null => throw DoesNotTake("toString", [part]),
        _ => Call(SqlType.Text, Operation.ToText, [part]),
    };

    private BoundCall Call(SqlType type, Operation operation, IReadOnlyList<BoundExpression> arguments) =>
        Context.Made(new BoundCall(type.Nullable(arguments.Any(static argument => argument.Type.IsNullable)), operation, arguments));
}
