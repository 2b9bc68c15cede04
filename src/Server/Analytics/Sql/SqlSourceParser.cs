using System;
using System.Collections.Generic;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.Analytics.Sql;

/// <summary>Reads what stands behind FROM. One thread.</summary>
internal sealed class SqlSourceParser(SqlCursor cursor, SqlExpressionParser expressions, Func<SqlQuery> query)
{
    // Joins are walked by recursion.
    private const int JoinsMax = 32;

    private int _joins;

    /// <summary>Sources with their joins.</summary>
    public SqlSource Sources()
    {
        SqlSource source = One();

        // BOUND: every turn takes a join.
        while (true)
        {
            bool isComma = cursor.TryTakeSymbol(",");
            SqlJoinKind? kind = isComma ? SqlJoinKind.Cross : JoinKind();
            if (kind is null)
            {
                return source;
            }

            cursor.Count();
            if (++_joins > JoinsMax)
            {
                throw AnalyticsException.TooComplex();
            }

            SqlSource right = One();
            source = kind == SqlJoinKind.Cross ? new SqlJoin(SqlJoinKind.Cross, source, right, null, []) : Conditional(kind.Value, source, right);
        }
    }

    private SqlJoin Conditional(SqlJoinKind kind, SqlSource left, SqlSource right)
    {
        if (cursor.TryTake("ON"))
        {
            return new SqlJoin(kind, left, right, expressions.Read(), []);
        }

        cursor.ExpectWord("USING");
        bool isInParentheses = cursor.TryTakeSymbol("(");
        List<string> columns = [];
        do
        {
            columns.Add(cursor.Name("the name of a column"));
        }
        while (cursor.TryTakeSymbol(","));

        if (isInParentheses)
        {
            cursor.Expect(")");
        }

        return new SqlJoin(kind, left, right, null, columns);
    }

    private SqlJoinKind? JoinKind()
    {
        if (cursor.Current.Is("ARRAY") || (cursor.Current.Is("LEFT") && cursor.Peek().Is("ARRAY")))
        {
            throw AnalyticsException.Query("ARRAY JOIN is not supported; use arrayJoin()");
        }

        if (cursor.Current.Is("GLOBAL"))
        {
            cursor.Take();
        }

        if (cursor.TryTake("JOIN") || cursor.TryTake("INNER", "JOIN"))
        {
            return SqlJoinKind.Inner;
        }

        if (cursor.TryTake("CROSS", "JOIN"))
        {
            return SqlJoinKind.Cross;
        }

        SqlJoinKind? kind = cursor.Current.Is("LEFT") ? SqlJoinKind.Left
            : cursor.Current.Is("RIGHT") ? SqlJoinKind.Right
            : cursor.Current.Is("FULL") ? SqlJoinKind.Full
            : null;
        if (kind is null)
        {
            return cursor.Current.Is("ANY") || cursor.Current.Is("ALL") || cursor.Current.Is("SEMI") || cursor.Current.Is("ANTI") || cursor.Current.Is("ASOF")
                || cursor.Current.Is("PASTE") ? throw Strictness() : null;
        }

        cursor.Take();
        cursor.TryTake("OUTER");
        if (!cursor.TryTake("JOIN"))
        {
            throw Strictness();
        }

        return kind;
    }

    private AnalyticsException Strictness() =>
        AnalyticsException.Query($"A join {cursor.Current.Shown} is not supported; joins are INNER, LEFT, RIGHT, FULL and CROSS");

    private SqlSource One()
    {
        cursor.Count();
        if (cursor.TryTakeSymbol("("))
        {
            if (!cursor.Current.Is("SELECT") && !cursor.Current.Is("WITH") && !cursor.Current.IsSymbol("("))
            {
                // A source in parentheses.
                SqlSource inner = cursor.Nested(Sources);
                cursor.Expect(")");
                return inner;
            }

            SqlQuery derived = query();
            cursor.Expect(")");
            return new SqlDerived(derived, Alias());
        }

        string name = cursor.Name("a table or a subquery");
        while (cursor.TryTakeSymbol("."))
        {
            name += "." + cursor.Name("the name of a table");
        }

        if (cursor.Current.IsSymbol("("))
        {
            throw new AnalyticsException(ErrorCode.InvalidAnalyticsFunction, $"Table function '{AnalyticsException.Shown(name)}' is not allowed");
        }

        return new SqlTable(name, Alias());
    }

    private string? Alias() => cursor.TryTake("AS") ? cursor.Name("a name") : cursor.IsName ? cursor.Take().Text : null;
}
