using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Globalization;

namespace Unkey.Server.Analytics.Sql;

/// <summary>The tokens of a query and how far they are read, with the bounds that every part of the parser keeps. One thread.</summary>
internal sealed class SqlCursor(List<SqlToken> tokens)
{
    private const int NodesMax = 2_000;
    private const int LevelsMax = 100;

    // Words that end an expression or a source, so they are no names unless quoted.
    private static readonly FrozenSet<string> s_reserved = FrozenSet.ToFrozenSet(
        ("SELECT FROM WHERE PREWHERE GROUP HAVING ORDER LIMIT OFFSET UNION EXCEPT INTERSECT WITH AS ON USING JOIN INNER LEFT RIGHT FULL CROSS OUTER ANY ALL"
            + " SEMI ANTI ASOF GLOBAL PASTE ARRAY SETTINGS FORMAT INTO QUALIFY WINDOW FINAL SAMPLE AND OR NOT IN LIKE ILIKE BETWEEN IS CASE WHEN THEN ELSE END"
            + " DISTINCT ASC DESC NULLS INTERVAL OVER PARTITION BY").Split(' '),
        StringComparer.OrdinalIgnoreCase);

    private int _next;
    private int _nodes;
    private int _level;

    /// <summary>The token that comes next.</summary>
    public SqlToken Current => tokens[_next];

    /// <summary>The depth of the deepest expression so far; a part that wants its own resets it.</summary>
    public int Deepest { get; set; }

    /// <summary>A token further on.</summary>
    public SqlToken Peek(int count = 1) => tokens[Math.Min(_next + count, tokens.Count - 1)];

    /// <summary>Goes on to the next token.</summary>
    public SqlToken Take()
    {
        SqlToken token = Current;
        _next += token.Kind == SqlTokenKind.End ? 0 : 1;
        return token;
    }

    /// <summary>Takes a keyword if it comes next.</summary>
    public bool TryTake(string keyword)
    {
        bool isIt = Current.Is(keyword);
        _next += isIt ? 1 : 0;
        return isIt;
    }

    /// <summary>Takes two keywords if they come next.</summary>
    public bool TryTake(string first, string second)
    {
        bool isIt = Current.Is(first) && Peek().Is(second);
        _next += isIt ? 2 : 0;
        return isIt;
    }

    /// <summary>Takes a symbol if it comes next.</summary>
    public bool TryTakeSymbol(string symbol)
    {
        bool isIt = Current.IsSymbol(symbol);
        _next += isIt ? 1 : 0;
        return isIt;
    }

    /// <summary>Takes a symbol that must come next.</summary>
    public void Expect(string symbol)
    {
        if (!TryTakeSymbol(symbol))
        {
            throw Unexpected($"'{symbol}'");
        }
    }

    /// <summary>Takes a keyword that must come next.</summary>
    public void ExpectWord(string keyword)
    {
        if (!TryTake(keyword))
        {
            throw Unexpected(keyword);
        }
    }

    /// <summary>Whether a name comes next.</summary>
    public bool IsName => Current.Kind == SqlTokenKind.QuotedName || (Current.Kind == SqlTokenKind.Word && !s_reserved.Contains(Current.Text));

    /// <summary>Takes a name that must come next.</summary>
    public string Name(string what) => IsName ? Take().Text : throw Unexpected(what);

    /// <summary>Takes a whole number, with its sign, that must come next.</summary>
    public long Integer(string what)
    {
        bool isNegative = TryTakeSymbol("-");
        return Current.Kind == SqlTokenKind.Number && long.TryParse(Current.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? (Take(), isNegative ? -value : value).Item2
            : throw Unexpected(what);
    }

    /// <summary>The refusal of the next token.</summary>
    public AnalyticsException Unexpected(string wanted) => Current.Is("SETTINGS")
        ? AnalyticsException.Query("SETTINGS clauses are not allowed")
        : AnalyticsException.Syntax($"{Current.Shown} at position {Current.Position}, where {wanted} was expected");

    /// <summary>Counts a node of the tree.</summary>
    public T Made<T>(T node, int depth = 1)
        where T : SqlExpression
    {
        Count();
        Deepest = Math.Max(Deepest, depth);
        return depth > LevelsMax ? throw AnalyticsException.TooComplex() : node with { Depth = depth };
    }

    /// <summary>Counts something that takes as much as a node.</summary>
    public void Count()
    {
        if (++_nodes > NodesMax)
        {
            throw AnalyticsException.TooComplex();
        }
    }

    /// <summary>Reads something that may hold itself, no deeper than there are levels.</summary>
    public T Nested<T>(Func<T> read)
    {
        if (++_level > LevelsMax)
        {
            throw AnalyticsException.TooComplex();
        }

        T result = read();
        _level--;
        return result;
    }
}
