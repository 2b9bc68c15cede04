using System.Collections.Generic;
using System.Text;

namespace Unkey.Server.Analytics.Sql;

/// <summary>Reads one statement of the contract's subset of ClickHouse's SELECT. What is not in it is refused, never ignored.</summary>
/// <remarks>Bounded in text, nodes, columns and depth, so a query costs little before it runs. One thread.</remarks>
internal sealed class SqlParser
{
    /// <summary>Most bytes of a query.</summary>
    public const int BytesMax = 16 * 1024;

    private const int ItemsMax = 64;

    private static readonly string[] s_otherStatements =
    [
        "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "TRUNCATE", "RENAME", "EXCHANGE", "ATTACH", "DETACH", "OPTIMIZE", "GRANT", "REVOKE", "KILL",
        "SYSTEM", "SET", "USE", "DESCRIBE", "DESC", "SHOW", "EXISTS", "EXPLAIN", "CHECK", "BACKUP", "RESTORE", "BEGIN", "COMMIT", "ROLLBACK", "WATCH", "MOVE",
        "UNDROP", "PRAGMA", "VACUUM", "REPLACE", "EXECUTE", "CALL", "VALUES",
    ];

    private readonly SqlCursor _cursor;
    private readonly SqlExpressionParser _expressions;
    private int _items;

    private SqlParser(List<SqlToken> tokens)
    {
        _cursor = new SqlCursor(tokens);
        _expressions = new SqlExpressionParser(_cursor, Query);
    }

    /// <summary>Parses a query.</summary>
    /// <exception cref="AnalyticsException">It is not a SELECT of the subset, or beyond the bounds.</exception>
    public static SqlQuery Parse(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > BytesMax)
        {
            throw AnalyticsException.Query($"Analytics query exceeds the maximum length of {BytesMax} bytes");
        }

        return new SqlParser(SqlLexer.Read(text)).Statement();
    }

    private SqlQuery Statement()
    {
        SqlToken first = _cursor.Current;
        if (first.Kind == SqlTokenKind.End || first.IsSymbol(";"))
        {
            throw AnalyticsException.Query("No SQL statements found");
        }

        foreach (string statement in s_otherStatements)
        {
            if (first.Is(statement))
            {
                throw new AnalyticsException(ControlPlane.Responses.ErrorCode.InvalidAnalyticsQueryType, "Only SELECT queries are allowed");
            }
        }

        SqlQuery query = Query();
        bool isEnded = false;
        while (_cursor.TryTakeSymbol(";"))
        {
            isEnded = true;
        }

        if (_cursor.Current.Kind != SqlTokenKind.End)
        {
            throw isEnded ? AnalyticsException.Query("Analytics queries must contain exactly one statement") : _cursor.Unexpected("the end of the query");
        }

        return query.Body is SqlSelect { From: null } ? throw AnalyticsException.Query("Query must have a FROM clause") : query;
    }

    private SqlQuery Query() => _cursor.Nested(() =>
    {
        List<(string, SqlQuery)> ctes = [];
        if (_cursor.TryTake("WITH"))
        {
            do
            {
                string name = _cursor.Name("the name of a common table expression");
                _cursor.ExpectWord("AS");
                _cursor.Expect("(");
                ctes.Add((name, Query()));
                _cursor.Expect(")");
            }
            while (_cursor.TryTakeSymbol(","));
        }

        SqlBody body = Branch();

        // BOUND: every turn takes a branch.
        while (true)
        {
            SqlSetOperator operation;
            if (_cursor.TryTake("UNION"))
            {
                operation = _cursor.TryTake("ALL") ? SqlSetOperator.UnionAll
                    : _cursor.TryTake("DISTINCT") ? SqlSetOperator.UnionDistinct
                    : throw AnalyticsException.Syntax("UNION must say ALL or DISTINCT");
            }
            else if (_cursor.TryTake("EXCEPT"))
            {
                operation = SqlSetOperator.Except;
            }
            else
            {
                return new SqlQuery(ctes, body);
            }

            _cursor.Count();
            body = Counted(new SqlSetOperation(operation, body, Branch()));
        }
    });

    // A chain of branches is walked by recursion.
    private int _branches;

    private SqlSetOperation Counted(SqlSetOperation operation) => ++_branches > 100 ? throw AnalyticsException.TooComplex() : operation;

    private SqlBody Branch()
    {
        if (!_cursor.TryTakeSymbol("("))
        {
            return Select();
        }

        SqlQuery nested = Query();
        _cursor.Expect(")");
        return new SqlNested(nested);
    }

    private SqlSelect Select()
    {
        _cursor.ExpectWord("SELECT");
        bool isDistinct = _cursor.TryTake("DISTINCT");
        if (!isDistinct)
        {
            _cursor.TryTake("ALL");
        }

        List<SqlItem> items = [];
        do
        {
            items.Add(Item());
        }
        while (_cursor.TryTakeSymbol(","));

        SqlSelect select = new()
        {
            IsDistinct = isDistinct,
            Items = items,
            From = _cursor.TryTake("FROM") ? new SqlSourceParser(_cursor, _expressions, Query).Sources() : null,
            Where = _cursor.TryTake("WHERE") ? _expressions.Read() : null,
            GroupBy = _cursor.TryTake("GROUP", "BY") ? _expressions.List() : [],
            Having = _cursor.TryTake("HAVING") ? _expressions.Read() : null,
            OrderBy = _cursor.TryTake("ORDER", "BY") ? _expressions.Orders(takesFill: true) : [],
        };
        return Limits(select);
    }

    private SqlItem Item()
    {
        if (++_items > ItemsMax)
        {
            throw AnalyticsException.Query("Analytics query projects too many columns");
        }

        _cursor.Count();
        if (_cursor.TryTakeSymbol("*"))
        {
            return new SqlItem(null, null, null);
        }

        if (_cursor.IsName && _cursor.Peek().IsSymbol(".") && _cursor.Peek(2).IsSymbol("*"))
        {
            string source = _cursor.Take().Text;
            _cursor.Take();
            _cursor.Take();
            return new SqlItem(null, null, source);
        }

        SqlExpression expression = _expressions.Read();
        string? alias = _cursor.TryTake("AS") ? _cursor.Take() is { Kind: SqlTokenKind.Word or SqlTokenKind.QuotedName } word ? word.Text
            : throw AnalyticsException.Syntax("AS without a name") : _cursor.IsName ? _cursor.Take().Text : null;
        return new SqlItem(expression, alias, null);
    }

    private SqlSelect Limits(SqlSelect select)
    {
        if (_cursor.TryTake("LIMIT"))
        {
            long? first = Limit();
            if (_cursor.TryTakeSymbol(","))
            {
                select = select with { Offset = Offset(first), Limit = Limit() };
            }
            else
            {
                select = select with { Limit = first };
            }
        }

        if (_cursor.TryTake("OFFSET"))
        {
            select = select with { Offset = Offset(Limit()) };
            _ = _cursor.TryTake("ROWS") || _cursor.TryTake("ROW");
        }

        return select;
    }

    // What is no usable number is the most that the workspace may have.
    private long? Limit()
    {
        bool isNegative = _cursor.TryTakeSymbol("-");
        SqlToken token = _cursor.Take();
        bool isUsable = token.Kind == SqlTokenKind.Number || token.Is("ALL") || token.Is("NULL");
        if (!isUsable)
        {
            throw AnalyticsException.Syntax($"{token.Shown} at position {token.Position}, where a number of rows was expected");
        }

        return !isNegative && long.TryParse(token.Text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long value)
            ? value
            : null;
    }

    private static long Offset(long? value) => value ?? throw AnalyticsException.Syntax("an OFFSET that is no whole number of rows");
}
