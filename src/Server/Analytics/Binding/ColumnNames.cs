using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Unkey.Server.Analytics.Sql;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Names of result columns that the query gives none, as ClickHouse makes them: <c>count()</c>, <c>plus(a, 1)</c>. Stateless.</summary>
internal static class ColumnNames
{
    /// <summary>Name of an expression.</summary>
    public static string Of(SqlExpression expression) => expression switch
    {
        SqlName name => name.Name,
        SqlLiteral literal => Of(literal.Value),
        SqlCall call => Of(call),
        SqlUnary unary => $"{(unary.Operator == "NOT" ? "not" : "negate")}({Of(unary.Operand)})",
        SqlBinary binary => $"{Function(binary.Operator)}({Of(binary.Left)}, {Of(binary.Right)})",
        SqlLogic logic => $"{logic.Operator.ToLowerInvariant()}({List(logic.Operands)})",
        SqlBetween between => between.IsNegated
            ? $"or(less({Of(between.Operand)}, {Of(between.Low)}), greater({Of(between.Operand)}, {Of(between.High)}))"
            : $"and(greaterOrEquals({Of(between.Operand)}, {Of(between.Low)}), lessOrEquals({Of(between.Operand)}, {Of(between.High)}))",
        SqlIn membership => $"{(membership.IsNegated ? "notIn" : "in")}({Of(membership.Operand)}, {(membership.Items is { } items ? $"({List(items)})" : "_subquery")})",
        SqlIsNull isNull => $"{(isNull.IsNegated ? "isNotNull" : "isNull")}({Of(isNull.Operand)})",
        SqlCase choice => Of(choice),
        SqlArray array => $"[{List(array.Items)}]",
        SqlLambda lambda => $"lambda(tuple({lambda.Parameter}), {Of(lambda.Body)})",
        SqlInterval interval => $"toInterval{interval.Unit}({interval.Amount})",
        _ => "_subquery",
    };

    private static string Of(object? literal) => literal switch
    {
        null => "NULL",
        bool flag => flag ? "true" : "false",
        string text => $"'{text.Replace("\\", "\\\\", System.StringComparison.Ordinal).Replace("'", "\\'", System.StringComparison.Ordinal)}'",
        double number when double.IsInteger(number) => number.ToString("R", CultureInfo.InvariantCulture) + ".",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        _ => string.Create(CultureInfo.InvariantCulture, $"{literal}"),
    };

    private static string Of(SqlCall call)
    {
        string name = call.Name == "trim" ? "trimBoth" : call.Name;
        name = call.IsDistinct ? (name == "count" ? "countDistinct" : name + "Distinct") : name;
        string text = call.Parameters is null ? $"{name}({List(call.Arguments)})" : $"{name}({List(call.Parameters)})({List(call.Arguments)})";
        if (call.Over is not { } window)
        {
            return text;
        }

        string partition = window.PartitionBy.Count == 0 ? "" : $"PARTITION BY {List(window.PartitionBy)}";
        string order = window.OrderBy.Count == 0 ? "" : "ORDER BY " + string.Join(", ", window.OrderBy.Select(static item => $"{Of(item.Expression)} {(item.IsDescending ? "DESC" : "ASC")}"));
        return $"{text} OVER ({string.Join(' ', ((string[])[partition, order]).Where(static part => part.Length > 0))})";
    }

    private static string Of(SqlCase choice)
    {
        IEnumerable<SqlExpression> parts = choice.Branches.SelectMany(static branch => (SqlExpression[])[branch.When, branch.Then]);
        string otherwise = choice.Else is null ? "NULL" : Of(choice.Else);
        return choice.Operand is null ? $"multiIf({List(parts)}, {otherwise})" : $"caseWithExpression({Of(choice.Operand)}, {List(parts)}, {otherwise})";
    }

    private static string Function(string symbol) => symbol switch
    {
        "+" => "plus",
        "-" => "minus",
        "*" => "multiply",
        "/" => "divide",
        "%" => "modulo",
        "=" => "equals",
        "!=" => "notEquals",
        "<" => "less",
        "<=" => "lessOrEquals",
        ">" => "greater",
        ">=" => "greaterOrEquals",
        "||" => "concat",
        "LIKE" => "like",
        _ => "ilike",
    };

    private static string List(IEnumerable<SqlExpression> expressions) => string.Join(", ", expressions.Select(Of));
}
