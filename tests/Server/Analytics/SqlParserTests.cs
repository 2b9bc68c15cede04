using System.Linq;
using System.Text;
using Unkey.Server.Analytics;
using Unkey.Server.Analytics.Sql;
using Unkey.Server.ControlPlane.Responses;
using Xunit;

namespace Unkey.Server.Tests.Analytics;

/// <summary>What the parser takes, and where it ends.</summary>
public sealed class SqlParserTests
{
    [Theory]
    [InlineData("a + b * c - d", "((a + (b * c)) - d)")]
    [InlineData("NOT a = b AND c OR d", "OR(AND(NOT((a = b)), c), d)")]
    [InlineData("a <> 1 OR b == -2", "OR((a != 1), (b = -2))")]
    [InlineData("a NOT LIKE 'x' AND b NOT IN (1, 2)", "AND(NOT((a LIKE 'x')), b!in[1,2])")]
    [InlineData("a BETWEEN 1 AND 2 AND c", "AND(a between 1 and 2, c)")]
    [InlineData("- a * b", "(-(a) * b)")]
    [InlineData("a || b || 'c'", "((a || b) || 'c')")]
    public void OperatorsBindAsInClickHouse(string text, string expected) => Assert.Equal(expected, Shown(Item(text)));

    [Theory]
    [InlineData(@"'it''s'", "it's")]
    [InlineData(@"'it\'s \\ \n\t\x41'", "it's \\ \n\tA")]
    [InlineData(@"'100\%'", @"100\%")]
    [InlineData("'-- no /* comment */'", "-- no /* comment */")]
    public void StringsHaveTheEscapesOfClickHouse(string text, string expected) => Assert.Equal(expected, Assert.IsType<SqlLiteral>(Item(text)).Value);

    [Theory]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-5", -5L)]
    [InlineData("1.5", 1.5)]
    [InlineData(".5e1", 5.0)]
    [InlineData("true", true)]
    [InlineData("NULL", null)]
    public void ConstantsHaveTheirValues(string text, object? expected) => Assert.Equal(expected, Assert.IsType<SqlLiteral>(Item(text)).Value);

    [Theory]
    [InlineData("SELECT a FROM t;")]
    [InlineData("SELECT a FROM t ; ; ")]
    [InlineData(" /* x */ select /* -- */ a -- b\n from t")]
    [InlineData("SELECT a FROM (t JOIN u USING (a))")]
    [InlineData("(SELECT a FROM t) UNION ALL (SELECT a FROM u)")]
    [InlineData("SELECT a.* FROM t AS a, u AS b")]
    [InlineData("SELECT step, to FROM t ORDER BY step WITH FILL FROM 1 TO 2 STEP 1")]
    public void StatementsParse(string query) => Assert.NotNull(SqlParser.Parse(query));

    [Theory]
    [InlineData("LIMIT 5", 5L, 0L)]
    [InlineData("LIMIT 5 OFFSET 3", 5L, 3L)]
    [InlineData("LIMIT 3, 5", 5L, 3L)]
    [InlineData("LIMIT ALL", null, 0L)]
    [InlineData("LIMIT -1", null, 0L)]
    [InlineData("LIMIT 1.5", null, 0L)]
    [InlineData("LIMIT 99999999999999999999 OFFSET 1", null, 1L)]
    [InlineData("OFFSET 4 ROWS", null, 4L)]
    public void LimitsThatAreNoNumberAreTheMost(string tail, long? limit, long offset)
    {
        SqlSelect select = Assert.IsType<SqlSelect>(SqlParser.Parse("SELECT a FROM t " + tail).Body);
        Assert.Equal((limit, offset), (select.Limit, select.Offset));
    }

    [Theory]
    [InlineData("", "No SQL statements found")]
    [InlineData("  -- nothing", "No SQL statements found")]
    [InlineData(";", "No SQL statements found")]
    [InlineData("SELECT FROM", "Invalid SQL syntax")]
    [InlineData("SELECT a FROM t WHERE invalid syntax here", "Invalid SQL syntax")]
    [InlineData("SELECT 0x10 FROM t", "Invalid SQL syntax")]
    [InlineData("SELECT 9223372036854775808 FROM t", "out of range")]
    [InlineData("SELECT 1e999 FROM t", "out of range")]
    [InlineData("SELECT 'a FROM t", "has no end")]
    [InlineData("SELECT '\\x9' FROM t", "hexadecimal")]
    [InlineData("SELECT '\\xe9' FROM t", "write the character itself")]
    [InlineData("SELECT \"\" FROM t", "an empty name")]
    [InlineData("SELECT a FROM t; SELECT b FROM t", "exactly one statement")]
    [InlineData("SELECT a", "must have a FROM clause")]
    [InlineData("SELECT a FROM t SETTINGS x = 1", "SETTINGS clauses are not allowed")]
    [InlineData("SELECT a FROM t WHERE a IN t", "Table-backed IN")]
    [InlineData("SELECT CASE a END FROM t", "CASE without WHEN")]
    [InlineData("SELECT INTERVAL 'x' DAY FROM t", "INTERVAL")]
    [InlineData("SELECT a FROM t ANY LEFT JOIN u USING a", "not supported")]
    [InlineData("SELECT count() OVER (ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW) FROM t", "begins at its end")]
    public void WhatIsNotUnderstoodIsRefused(string query, string part)
    {
        AnalyticsException refusal = Assert.Throws<AnalyticsException>(() => SqlParser.Parse(query));
        Assert.Same(ErrorCode.InvalidAnalyticsQuery, refusal.Code);
        Assert.Contains(part, refusal.Message);
    }

    [Fact]
    public void LongTextsEndBeforeTheyAreParsed()
    {
        string query = "SELECT a FROM t WHERE a = '" + new string('é', 8_192) + "'";
        Assert.True(Encoding.UTF8.GetByteCount(query) > SqlParser.BytesMax && query.Length < SqlParser.BytesMax);
        Assert.Contains("maximum length", Assert.Throws<AnalyticsException>(() => SqlParser.Parse(query)).Message);
        Assert.Contains("maximum length", Assert.Throws<AnalyticsException>(() => SqlParser.Parse(new string('(', SqlParser.BytesMax + 1))).Message);
        Assert.NotNull(SqlParser.Parse("SELECT a FROM t " + new string(' ', SqlParser.BytesMax - 16)));
    }

    [Theory]
    [InlineData("(", "a", ")")]
    [InlineData("NOT ", "a", "")]
    [InlineData("- ", "a", "")]
    [InlineData("[", "a", "]")]
    [InlineData("lower(", "a", ")")]
    [InlineData("CASE WHEN ", "a", " THEN 1 END")]
    [InlineData("a IN (SELECT ", "a", ")")]
    [InlineData("(SELECT ", "a", ")")]
    [InlineData("x -> ", "a", "")]
    [InlineData("(x) -> ", "a", "")]
    [InlineData("a + a * ", "a", "")]
    public void NestingEnds(string opening, string inner, string closing)
    {
        const int Levels = 400;
        string query = "SELECT " + string.Concat(Enumerable.Repeat(opening, Levels)) + inner + string.Concat(Enumerable.Repeat(closing, Levels)) + " FROM t";
        Assert.True(query.Length < SqlParser.BytesMax);
        Assert.Equal("Analytics query is too complex", Refusal(query));
    }

    // Every SELECT has a column, and those are counted.
    [Theory]
    [InlineData("(", "t", ")", "Analytics query is too complex")]
    [InlineData("(t JOIN ", "t", " USING a)", "Analytics query is too complex")]
    [InlineData("(SELECT a FROM ", "t", ")", "Analytics query projects too many columns")]
    public void NestingOfSourcesEnds(string opening, string inner, string closing, string refusal)
    {
        const int Levels = 400;
        Assert.Equal(refusal, Refusal("SELECT a FROM " + string.Concat(Enumerable.Repeat(opening, Levels)) + inner + string.Concat(Enumerable.Repeat(closing, Levels))));
    }

    [Fact]
    public void NodesAndColumnsAreCounted()
    {
        Assert.Equal("Analytics query is too complex", Refusal("SELECT a FROM t WHERE a IN (" + string.Join(", ", Enumerable.Repeat("1", 2_001)) + ")"));
        Assert.Equal("Analytics query is too complex", Refusal("SELECT " + string.Join(" + ", Enumerable.Repeat("1", 2_001)) + " FROM t"));
        Assert.Equal("Analytics query is too complex", Refusal("SELECT a FROM t" + string.Concat(Enumerable.Repeat(", t", 33))));
        Assert.Contains("too many columns", Refusal("SELECT " + Columns(65) + " FROM t"));
        Assert.Contains("too many columns", Refusal("SELECT " + Columns(32) + " FROM t EXCEPT SELECT " + Columns(33) + " FROM t"));
        Assert.NotNull(SqlParser.Parse("SELECT " + Columns(64) + " FROM t"));
        Assert.NotNull(SqlParser.Parse("SELECT a FROM t WHERE " + string.Join(" AND ", Enumerable.Repeat("a", 900))));
    }

    private static string Columns(int count) => string.Join(", ", Enumerable.Range(0, count).Select(static i => $"a{i}"));

    private static string Refusal(string query) => Assert.Throws<AnalyticsException>(() => SqlParser.Parse(query)).Message;

    private static SqlExpression Item(string text) =>
        Assert.Single(Assert.IsType<SqlSelect>(SqlParser.Parse($"SELECT {text} FROM t").Body).Items).Expression!;

    private static string Shown(SqlExpression expression) => expression switch
    {
        SqlLiteral { Value: string text } => $"'{text}'",
        SqlLiteral literal => $"{literal.Value}",
        SqlName name => name.Name,
        SqlUnary unary => $"{unary.Operator}({Shown(unary.Operand)})",
        SqlBinary binary => $"({Shown(binary.Left)} {binary.Operator} {Shown(binary.Right)})",
        SqlLogic logic => $"{logic.Operator}({string.Join(", ", logic.Operands.Select(Shown))})",
        SqlBetween between => $"{Shown(between.Operand)} between {Shown(between.Low)} and {Shown(between.High)}",
        SqlIn membership => $"{Shown(membership.Operand)}{(membership.IsNegated ? "!" : "")}in[{string.Join(",", membership.Items!.Select(Shown))}]",
        _ => expression.GetType().Name,
    };
}
