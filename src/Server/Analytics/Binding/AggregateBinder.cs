using System.Collections.Frozen;
using System.Collections.Generic;
using System.Linq;
using Unkey.Server.Analytics.Sql;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Binds aggregates, over groups and over windows. Stateless.</summary>
internal sealed class AggregateBinder(ExpressionBinder expressions)
{
    private const long ElementsMax = 1_000_000;

    private static readonly FrozenSet<string> s_names =
        FrozenSet.Create("count", "sum", "avg", "min", "max", "any", "groupArray", "groupUniqArray", "uniq", "uniqExact", "quantile", "sumIf", "countIf");

    private static readonly FrozenSet<string> s_overWindows = FrozenSet.Create("count", "sum", "avg", "min", "max", "sumIf", "countIf");

    /// <summary>Whether a function is an aggregate.</summary>
    public static bool IsAggregate(string name) => s_names.Contains(name);

    /// <summary>Binds a call.</summary>
    public BoundExpression Bind(SqlCall call)
    {
        if (call.IsStar && call.Name != "count")
        {
            throw AnalyticsException.Query($"Only count() takes a star, and not '{call.Name}'");
        }

        List<BoundExpression> arguments = [.. call.Arguments.Select(expressions.Bind)];
        BoundExpression? condition = null;
        if (call.Name is "sumIf" or "countIf")
        {
            int wanted = call.Name == "sumIf" ? 2 : 1;
            if (arguments.Count != wanted || call.IsDistinct)
            {
                throw FunctionBinder.DoesNotTake(call.Name, arguments);
            }

            condition = ExpressionBinder.Condition(arguments[^1]);
            arguments.RemoveAt(wanted - 1);
        }

        BoundAggregate aggregate = new(Type(call, arguments), Name(call), arguments)
        {
            Condition = condition,
            IsDistinct = call.IsDistinct && Name(call) == call.Name,
            Parameter = Parameter(call),
        };
        if (call.Over is { } window)
        {
            aggregate = s_overWindows.Contains(aggregate.Function) && !aggregate.IsDistinct
                ? aggregate with { Over = Window(window) }
                : throw AnalyticsException.Query($"'{call.Name}' is not supported over a window; there are {string.Join(", ", s_overWindows.Order())}");
        }

        return expressions.Context.Made(aggregate);
    }

    private static string Name(SqlCall call) => (call.Name, call.IsDistinct) switch
    {
        ("count", true) => "uniqExact",
        ("groupArray", true) => "groupUniqArray",
        _ => call.Name,
    };

    private static SqlType Type(SqlCall call, List<BoundExpression> arguments)
    {
        SqlType first = arguments.Count > 0 ? arguments[0].Type : SqlType.Null;
        bool isOne = arguments.Count == 1 && first.Kind is not (SqlKind.Null or SqlKind.Interval);
        switch (call.Name)
        {
            case "count" when (arguments.Count == 0 && !call.IsDistinct) || isOne || (call.IsDistinct && arguments.Count > 1):
            case "countIf" when arguments.Count == 0:
            case "uniq" or "uniqExact" when arguments.Count > 0 && !call.IsDistinct:
                return SqlType.Integer;
            case "sum" or "sumIf" when isOne && first.IsNumber:
                return (first.Kind == SqlKind.Float ? SqlType.Float : SqlType.Integer).Nullable(first.IsNullable);
            case "avg" or "quantile" when isOne && first.IsNumber && !(call.Name == "quantile" && call.IsDistinct):
                return SqlType.Float.Nullable(first.IsNullable);
            case "min" or "max" when first.Kind == SqlKind.Array:
                throw AnalyticsException.Query("Arrays have no order");
            case "min" or "max" or "any" when isOne && !(call.Name == "any" && call.IsDistinct):
                return first;
            case "groupArray" or "groupUniqArray" when isOne && first.Kind != SqlKind.Array && !(call.Name == "groupUniqArray" && call.IsDistinct):
                return SqlType.ArrayOf(first.Nullable(false));
            default:
                throw FunctionBinder.DoesNotTake(call.Name, arguments);
        }
    }

    private double? Parameter(SqlCall call)
    {
        if (call.Parameters is null)
        {
            return call.Name == "quantile" ? 0.5 : null;
        }

        // Bound first, so that what is not allowed is refused there as well.
        List<BoundExpression> parameters = [.. call.Parameters.Select(expressions.Bind)];
        return (call.Name, parameters) switch
        {
            ("quantile", [BoundLiteral { Value: double level and >= 0 and <= 1 }]) => level,
            ("quantile", [BoundLiteral { Value: long level and >= 0 and <= 1, Type.Kind: SqlKind.Integer }]) => level,
            ("groupArray" or "groupUniqArray", [BoundLiteral { Value: long count and > 0 and <= ElementsMax, Type.Kind: SqlKind.Integer }]) when !call.IsDistinct => count,
            _ => throw FunctionBinder.DoesNotTake(call.Name, parameters),
        };
    }

    private BoundWindow Window(SqlWindow window)
    {
        List<BoundOrder> order = [];
        foreach (SqlOrder key in window.OrderBy)
        {
            BoundExpression bound = expressions.Bind(key.Expression);
            order.Add(bound.Type.Kind == SqlKind.Array
                ? throw AnalyticsException.Query("Arrays have no order")
                : new BoundOrder(bound, key.IsDescending, key.NullsFirst ?? false, -1, null));
        }

        SqlFrame? frame = window.Frame;
        return frame is { IsRows: false } && (frame.Start is not (null or 0) || frame.End is not (null or 0))
            ? throw AnalyticsException.Query("A frame by RANGE is UNBOUNDED or CURRENT ROW; count rows with ROWS")
            : frame is { Start: { } start, End: { } end } && start > end
                ? throw AnalyticsException.Query("A frame ends before it begins")
                : new BoundWindow([.. window.PartitionBy.Select(expressions.Bind)], order, frame);
    }
}
