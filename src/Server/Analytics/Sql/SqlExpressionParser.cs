using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Unkey.Server.Analytics.Sql;

/// <summary>Reads expressions, loosest operator first: OR, AND, NOT, comparisons, ||, + -, * / %, sign. One thread.</summary>
/// <param name="cursor">The tokens.</param>
/// <param name="query">Reads a subquery.</param>
internal sealed class SqlExpressionParser(SqlCursor cursor, Func<SqlQuery> query)
{
    private const string TableBackedIn = "Table-backed IN expressions are not supported; use a literal list or a subquery";

    /// <summary>One expression.</summary>
    public SqlExpression Read() => cursor.Nested(Or);

    /// <summary>Expressions separated by commas.</summary>
    public List<SqlExpression> List()
    {
        List<SqlExpression> items = [];
        do
        {
            items.Add(Read());
        }
        while (cursor.TryTakeSymbol(","));

        return items;
    }

    /// <summary>What stands behind ORDER BY.</summary>
    /// <param name="takesFill">Whether WITH FILL may follow a key.</param>
    public List<SqlOrder> Orders(bool takesFill)
    {
        List<SqlOrder> orders = [];
        do
        {
            SqlExpression expression = Read();
            bool isDescending = cursor.TryTake("DESC");
            _ = !isDescending && cursor.TryTake("ASC");
            bool? nullsFirst = cursor.TryTake("NULLS", "FIRST") ? true : cursor.TryTake("NULLS", "LAST") ? false : null;
            SqlFill? fill = takesFill && cursor.TryTake("WITH", "FILL")
                ? new SqlFill(
                    cursor.TryTake("FROM") ? Read() : null,
                    cursor.TryTake("TO") ? Read() : null,
                    cursor.TryTake("STEP") ? Read() : null)
                : null;
            orders.Add(new SqlOrder(expression, isDescending, nullsFirst, fill));
        }
        while (cursor.TryTakeSymbol(","));

        return orders;
    }

    private SqlExpression Or() => Logic("OR", () => Logic("AND", Not));

    private SqlExpression Logic(string word, Func<SqlExpression> operand)
    {
        SqlExpression first = operand();
        if (!cursor.Current.Is(word))
        {
            return first;
        }

        List<SqlExpression> operands = [first];
        while (cursor.TryTake(word))
        {
            operands.Add(operand());
        }

        return cursor.Made(new SqlLogic(word, operands), Above([.. operands]));
    }

    private SqlExpression Not()
    {
        if (!cursor.TryTake("NOT"))
        {
            return Comparison();
        }

        SqlExpression operand = cursor.Nested(Not);
        return cursor.Made(new SqlUnary("NOT", operand), Above(operand));
    }

    private SqlExpression Comparison()
    {
        SqlExpression left = Concatenation();

        // BOUND: every turn takes an operator.
        while (true)
        {
            string? symbol = cursor.Current.Kind == SqlTokenKind.Symbol ? cursor.Current.Text : null;
            if (symbol is "=" or "==" or "!=" or "<>" or "<" or "<=" or ">" or ">=")
            {
                cursor.Take();
                left = Binary(symbol switch { "==" => "=", "<>" => "!=", _ => symbol }, left, Concatenation());
                continue;
            }

            if (cursor.TryTake("IS"))
            {
                bool isNot = cursor.TryTake("NOT");
                cursor.ExpectWord("NULL");
                left = cursor.Made(new SqlIsNull(left, isNot), Above(left));
                continue;
            }

            bool isNegated = cursor.Current.Is("NOT") && (cursor.Peek().Is("IN") || cursor.Peek().Is("LIKE") || cursor.Peek().Is("ILIKE") || cursor.Peek().Is("BETWEEN"));
            if (isNegated || (cursor.Current.Is("GLOBAL") && (cursor.Peek().Is("IN") || (cursor.Peek().Is("NOT") && cursor.Peek(2).Is("IN")))))
            {
                isNegated |= cursor.Take().Is("GLOBAL") && cursor.TryTake("NOT");
            }

            if (cursor.TryTake("BETWEEN"))
            {
                SqlExpression low = Concatenation();
                cursor.ExpectWord("AND");
                SqlExpression high = Concatenation();
                left = cursor.Made(new SqlBetween(left, low, high, isNegated), Above(left, low, high));
            }
            else if (cursor.Current.Is("LIKE") || cursor.Current.Is("ILIKE"))
            {
                left = Binary(cursor.Take().Text.ToUpperInvariant(), left, Concatenation());
                left = isNegated ? cursor.Made(new SqlUnary("NOT", left), Above(left)) : left;
            }
            else if (cursor.TryTake("IN"))
            {
                left = In(left, isNegated);
            }
            else
            {
                return left;
            }
        }
    }

    private SqlIn In(SqlExpression operand, bool isNegated)
    {
        bool isArray = cursor.TryTakeSymbol("[");
        if (!isArray && !cursor.TryTakeSymbol("("))
        {
            throw AnalyticsException.Query(TableBackedIn);
        }

        if (!isArray && (cursor.Current.Is("SELECT") || cursor.Current.Is("WITH")))
        {
            (SqlQuery subquery, int depth) = Subquery();
            cursor.Expect(")");
            return cursor.Made(new SqlIn(operand, null, subquery, isNegated), Math.Max(Above(operand), depth + 1));
        }

        List<SqlExpression> items = cursor.Current.IsSymbol(isArray ? "]" : ")") ? [] : List();
        cursor.Expect(isArray ? "]" : ")");
        return cursor.Made(new SqlIn(operand, items, null, isNegated), Above([operand, .. items]));
    }

    private SqlExpression Concatenation() => Chain(Sum, "||");

    private SqlExpression Sum() => Chain(Product, "+", "-");

    private SqlExpression Product() => Chain(Sign, "*", "/", "%");

    private SqlExpression Chain(Func<SqlExpression> operand, params string[] operators)
    {
        SqlExpression left = operand();
        while (cursor.Current.Kind == SqlTokenKind.Symbol && operators.Contains(cursor.Current.Text))
        {
            left = Binary(cursor.Take().Text, left, operand());
        }

        return left;
    }

    private SqlBinary Binary(string symbol, SqlExpression left, SqlExpression right) => cursor.Made(new SqlBinary(symbol, left, right), Above(left, right));

    private SqlExpression Sign()
    {
        if (!cursor.TryTakeSymbol("-"))
        {
            return Primary();
        }

        SqlExpression operand = cursor.Nested(Sign);
        return operand switch
        {
            SqlLiteral { Value: long value } => cursor.Made(new SqlLiteral(-value)),
            SqlLiteral { Value: double value } => cursor.Made(new SqlLiteral(-value)),
            _ => cursor.Made(new SqlUnary("-", operand), Above(operand)),
        };
    }

    private SqlExpression Primary()
    {
        SqlToken token = cursor.Current;
        switch (token.Kind)
        {
            case SqlTokenKind.Number:
                cursor.Take();
                return cursor.Made(new SqlLiteral(Number(token)));
            case SqlTokenKind.Text:
                cursor.Take();
                return cursor.Made(new SqlLiteral(token.Text));
            case SqlTokenKind.Symbol when token.Text == "(":
                return Parenthesised();
            case SqlTokenKind.Symbol when token.Text == "[":
                cursor.Take();
                List<SqlExpression> items = cursor.Current.IsSymbol("]") ? [] : List();
                cursor.Expect("]");
                return cursor.Made(new SqlArray(items), Above([.. items]));
            case SqlTokenKind.Word:
                return Word(token);
            case SqlTokenKind.QuotedName:
                return Name();
            default:
                throw cursor.Unexpected("an expression");
        }
    }

    private SqlExpression Word(SqlToken token)
    {
        if (token.Is("NULL") || token.Is("TRUE") || token.Is("FALSE"))
        {
            cursor.Take();
            return cursor.Made(new SqlLiteral(token.Is("NULL") ? null : token.Is("TRUE")));
        }

        if (token.Is("CASE"))
        {
            cursor.Take();
            return Case();
        }

        if (token.Is("INTERVAL"))
        {
            cursor.Take();
            return Interval();
        }

        return cursor.Peek().IsSymbol("(") ? Call() : cursor.Peek().IsSymbol("->") ? Lambda() : Name();
    }

    private SqlLambda Lambda()
    {
        string parameter = cursor.Name("the parameter of a function");
        cursor.Expect("->");
        SqlExpression body = Read();
        return cursor.Made(new SqlLambda(parameter, body), Above(body));
    }

    private SqlName Name()
    {
        // A column of the rate limits has a keyword for its name; where an expression begins, that keyword can be nothing else.
        string name = cursor.Current.Is("LIMIT") ? cursor.Take().Text : cursor.Name("an expression");
        if (!cursor.TryTakeSymbol("."))
        {
            return cursor.Made(new SqlName(null, name));
        }

        SqlName qualified = new(name, cursor.Current.Is("LIMIT") ? cursor.Take().Text : cursor.Name("the name of a column"));
        return cursor.Current.IsSymbol(".") ? throw AnalyticsException.UnknownIdentifier($"{name}.{qualified.Name}.") : cursor.Made(qualified);
    }

    private SqlExpression Parenthesised()
    {
        cursor.Take();
        if (cursor.Current.Is("SELECT") || cursor.Current.Is("WITH"))
        {
            (SqlQuery subquery, int depth) = Subquery();
            cursor.Expect(")");
            return cursor.Made(new SqlSubquery(subquery), depth + 1);
        }

        SqlExpression inner = Read();
        if (cursor.Current.IsSymbol(","))
        {
            throw AnalyticsException.Syntax($"tuples are not supported; a list at position {cursor.Current.Position} stands behind IN only");
        }

        cursor.Expect(")");
        if (inner is SqlName { Source: null } parameter && cursor.TryTakeSymbol("->"))
        {
            SqlExpression body = Read();
            return cursor.Made(new SqlLambda(parameter.Name, body), Above(body));
        }

        return inner;
    }

    private SqlCall Call()
    {
        string name = AllowedFunctions.Canonical(cursor.Take().Text);
        (SqlCall call, int depth) = Arguments(name);
        if (cursor.Current.IsSymbol("("))
        {
            (SqlCall second, int secondDepth) = Arguments(name);
            (call, depth) = (second with { Parameters = call.Arguments }, Math.Max(depth, secondDepth));
        }

        if (cursor.TryTake("OVER"))
        {
            (SqlWindow window, int windowDepth) = Window();
            (call, depth) = (call with { Over = window }, Math.Max(depth, windowDepth));
        }

        return cursor.Made(call, depth);
    }

    private (SqlCall Call, int Depth) Arguments(string name)
    {
        cursor.Expect("(");
        if (cursor.TryTakeSymbol("*"))
        {
            cursor.Expect(")");
            return (new SqlCall(name, []) { IsStar = true }, 1);
        }

        bool isDistinct = cursor.TryTake("DISTINCT");
        List<SqlExpression> arguments = cursor.Current.IsSymbol(")") ? [] : List();
        cursor.Expect(")");
        return (new SqlCall(name, arguments) { IsDistinct = isDistinct }, Above([.. arguments]));
    }

    private (SqlWindow Window, int Depth) Window()
    {
        cursor.Expect("(");
        List<SqlExpression> partition = cursor.TryTake("PARTITION", "BY") ? List() : [];
        List<SqlOrder> order = cursor.TryTake("ORDER", "BY") ? Orders(takesFill: false) : [];
        SqlFrame? frame = null;
        if (cursor.Current.Is("ROWS") || cursor.Current.Is("RANGE"))
        {
            bool isRows = cursor.Take().Is("ROWS");
            if (cursor.TryTake("BETWEEN"))
            {
                long? start = Bound(-1);
                cursor.ExpectWord("AND");
                frame = new SqlFrame(isRows, start, Bound(1));
            }
            else
            {
                frame = new SqlFrame(isRows, Bound(-1), 0);
            }
        }

        cursor.Expect(")");
        return (new SqlWindow(partition, order, frame), Above([.. partition, .. order.Select(static item => item.Expression)]));
    }

    // Unbounded is null, and only in its own direction.
    private long? Bound(int direction)
    {
        if (cursor.TryTake("CURRENT", "ROW"))
        {
            return 0;
        }

        bool isUnbounded = cursor.TryTake("UNBOUNDED");
        long rows = isUnbounded ? 0 : cursor.Integer("a number of rows");
        int sign = cursor.TryTake("PRECEDING") ? -1 : cursor.TryTake("FOLLOWING") ? 1 : throw cursor.Unexpected("PRECEDING or FOLLOWING");
        return !isUnbounded ? sign * rows : sign == direction ? null : throw AnalyticsException.Syntax("a frame that begins at its end");
    }

    private SqlCase Case()
    {
        SqlExpression? operand = cursor.Current.Is("WHEN") ? null : Read();
        List<(SqlExpression, SqlExpression)> branches = [];
        int depth = operand is null ? 1 : Above(operand);
        while (cursor.TryTake("WHEN"))
        {
            SqlExpression when = Read();
            cursor.ExpectWord("THEN");
            SqlExpression then = Read();
            branches.Add((when, then));
            depth = Math.Max(depth, Above(when, then));
        }

        SqlExpression? otherwise = cursor.TryTake("ELSE") ? Read() : null;
        cursor.ExpectWord("END");
        return branches.Count == 0
            ? throw AnalyticsException.Syntax("CASE without WHEN")
            : cursor.Made(new SqlCase(operand, branches, otherwise), otherwise is null ? depth : Math.Max(depth, Above(otherwise)));
    }

    private SqlInterval Interval()
    {
        if (cursor.Current.Kind == SqlTokenKind.Text)
        {
            string[] parts = cursor.Take().Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return parts.Length > 0 && long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long amount)
                ? cursor.Made(new SqlInterval(amount, parts.Length == 2 ? parts[1] : parts.Length == 1 ? cursor.Name("a unit of time") : ""))
                : throw AnalyticsException.Syntax("an INTERVAL that is no number and unit");
        }

        bool isInParentheses = cursor.TryTakeSymbol("(");
        long value = cursor.Integer("a whole number");
        if (isInParentheses)
        {
            cursor.Expect(")");
        }

        return cursor.Made(new SqlInterval(value, cursor.Name("a unit of time")));
    }

    private (SqlQuery Query, int Depth) Subquery()
    {
        int before = cursor.Deepest;
        cursor.Deepest = 0;
        SqlQuery subquery = query();
        int depth = cursor.Deepest;
        cursor.Deepest = Math.Max(before, depth);
        return (subquery, depth);
    }

    private static object Number(SqlToken token)
    {
        if (long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long integer))
        {
            return integer;
        }

        bool isFraction = token.Text.AsSpan().ContainsAny('.', 'e', 'E');
        return isFraction && double.TryParse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw AnalyticsException.Syntax($"the number at position {token.Position} is out of range");
    }

    private static int Above(params ReadOnlySpan<SqlExpression> children)
    {
        int depth = 0;
        foreach (SqlExpression child in children)
        {
            depth = Math.Max(depth, child.Depth);
        }

        return depth + 1;
    }
}
