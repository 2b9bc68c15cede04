using System;
using System.Linq;
using Microsoft.Data.Sqlite;
using Unkey.Server.Analytics;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Emit;
using Unkey.Server.Analytics.Sqlite;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Events.Sqlite.Segments;
using Xunit;

namespace Unkey.Server.Tests.Analytics;

/// <summary>The embedded store: what stands behind the emitter, and where a query ends.</summary>
public sealed class SqliteStoreTests(SqliteStoreFixture store) : IClassFixture<SqliteStoreFixture>
{
    // What the emitter would never write.
    [Theory]
    [InlineData("SELECT count(*) FROM ratelimits_v1")]
    [InlineData("SELECT name FROM sqlite_master")]
    [InlineData("SELECT * FROM pragma_table_info('key_verifications_v1')")]
    [InlineData("SELECT count(*) FROM api_requests_raw_v2")]
    [InlineData("SELECT load_extension('x')")]
    [InlineData("SELECT sqlite_version()")]
    [InlineData("SELECT random()")]
    [InlineData("DELETE FROM key_verifications_v1")]
    [InlineData("DELETE FROM key_verifications_per_day_v1")]
    [InlineData("SELECT count(*) FROM event_segments")]
    [InlineData("SELECT (SELECT max(id) FROM event_segments) FROM key_verifications_v1")]
    [InlineData("CREATE TEMP TABLE a (b)")]
    [InlineData("ATTACH DATABASE 'x' AS y")]
    [InlineData("PRAGMA query_only = OFF")]
    [InlineData("WITH RECURSIVE a(b) AS (SELECT 1 UNION ALL SELECT b + 1 FROM a) SELECT max(b) FROM a")]
    public void TheWallStopsAnyOtherStatement(string sql)
    {
        using SqliteConnection connection = store.Connect();
        SqliteException refusal = Assert.Throws<SqliteException>(() =>
        {
            using SqliteCommand command = SqliteAnalyticsStore.Prepare(connection, SegmentReading.Attach(connection), new EmittedQuery(sql, []), Dataset.Verifications);
            command.ExecuteScalar();
        });
        Assert.True(((string[])["not authorized", "prohibited", "may not be modified"]).Any(word => refusal.Message.Contains(word, StringComparison.Ordinal)), refusal.Message);
    }

    [Fact]
    public void TheWallLetsTheTablesThrough()
    {
        using SqliteConnection connection = store.Connect();
        SegmentReading reading = SegmentReading.Attach(connection);
        using SqliteCommand command = SqliteAnalyticsStore.Prepare(connection, reading, new EmittedQuery("SELECT count(*) FROM main.key_verifications_v1", []), Dataset.Verifications);
        Assert.Equal(720L, command.ExecuteScalar());
    }

    [Fact]
    public void AQueryEndsAtItsTime()
    {
        AnalyticsException refusal = Refused(
            "SELECT count() FROM key_verifications_v1 a, key_verifications_v1 b, key_verifications_v1 c, key_verifications_v1 d", new AnalyticsLimits { TimeMax = TimeSpan.FromSeconds(1) });
        Assert.Same(ErrorCode.QueryExecutionTimeout, refusal.Code);
        Assert.Contains("1 seconds", refusal.Message);
    }

    [Fact]
    public void AQueryEndsAtItsMemory()
    {
        string wide = string.Join(", ", Enumerable.Range(0, 50).Select(static i => $"concat(a.request_id, b.request_id, c.request_id, '{new string('x', 200)}{i}')"));
        AnalyticsException refusal = Refused(
            $"SELECT count() FROM (SELECT DISTINCT {wide} FROM key_verifications_v1 a, key_verifications_v1 b, key_verifications_v1 c ORDER BY 1, 2 LIMIT 1000000)",
            new AnalyticsLimits { TimeMax = TimeSpan.FromMinutes(2), RowsMax = 1_000_000 });
        Assert.Same(ErrorCode.QueryMemoryLimitExceeded, refusal.Code);
    }

    [Fact]
    public void AnAnswerEndsAtItsBytes()
    {
        AnalyticsException refusal = Refused(
            $"SELECT a.request_id AS r, '{new string('x', 1_000)}' AS x FROM key_verifications_v1 a, key_verifications_v1 b", new AnalyticsLimits());
        Assert.Same(ErrorCode.QueryMemoryLimitExceeded, refusal.Code);
        Assert.Contains("4194304", refusal.Message);
    }

    [Fact]
    public void AnAnswerHasItsRows()
    {
        Assert.Equal(10_000, AnalyticsQueries.Count(store.Ask("SELECT 1 AS x FROM key_verifications_v1 a, key_verifications_v1 b"), "{"));
        Assert.Equal(7, AnalyticsQueries.Count(store.Ask("SELECT 1 AS x FROM key_verifications_v1", Dataset.Verifications, new AnalyticsLimits { RowsMax = 7 }), "{"));
    }

    [Theory]
    [InlineData("SELECT sum(9223372036854775807) FROM key_verifications_v1")]
    [InlineData("SELECT (SELECT key_id FROM key_verifications_v1) FROM key_verifications_v1")]
    [InlineData("SELECT toInt64(key_id) FROM key_verifications_v1")]
    [InlineData("SELECT toDate(key_id) FROM key_verifications_v1")]
    [InlineData("SELECT time FROM (SELECT time FROM key_verifications_per_day_v1 ORDER BY time WITH FILL) ORDER BY time")]
    public void WhatFailsWhileItRunsIsARefusal(string query) => Assert.Same(ErrorCode.InvalidAnalyticsQuery, Refused(query, new AnalyticsLimits()).Code);

    // Rows that OFFSET skips are made as well.
    [Fact]
    public void FillingEnds()
    {
        Assert.Same(
            ErrorCode.QueryRowsLimitExceeded,
            Refused(
                "SELECT spent_credits AS s FROM key_verifications_v1 GROUP BY s ORDER BY s WITH FILL FROM 0 TO 9000000000000000000 STEP 1 LIMIT 5 OFFSET 9000000000",
                new AnalyticsLimits()).Code);
        Assert.Equal(
            "[]", store.Ask("SELECT time FROM key_verifications_per_day_v1 ORDER BY time WITH FILL FROM toDate(0) TO toDate('2100-01-01') LIMIT 5 OFFSET 9000000000"));
    }

    [Fact]
    public void WhatSqliteCannotNestIsTooComplex()
    {
        string Chain(int count) => "SELECT count() AS c FROM (SELECT spent_credits AS s FROM key_verifications_v1) WHERE " + string.Join(" AND ", Enumerable.Repeat("s", count));
        Assert.StartsWith("[{\"c\":", store.Ask(Chain(900)));
        Assert.Equal("Analytics query is too complex", Refused(Chain(1_300), new AnalyticsLimits()).Message);
    }

    [Theory]
    [InlineData("JSONExtractString('\"\\\\ud800\"')", "\"\"")]
    [InlineData("JSONExtractString('{\"a\":[1,{\"b\":\"x\"}]}', 'a', 2, 'b')", "\"x\"")]
    [InlineData("JSONExtractString('{\"a\":[1,2]}', 'a', -1)", "\"2\"")]
    [InlineData("length('aé')", "3")]
    [InlineData("substring('abcdef', -3, 2)", "\"de\"")]
    [InlineData("'a_b' LIKE 'a\\_b'", "1")]
    [InlineData("'axb' LIKE 'a\\_b'", "0")]
    [InlineData("'Éa' ILIKE 'é%'", "1")]
    [InlineData("round(2.5)", "2")]
    [InlineData("round(-1.25, 1)", "-1.2")]
    [InlineData("toString(1e21 + 0.0)", "\"1e21\"")]
    [InlineData("toString(100.0)", "\"100\"")]
    [InlineData("1 / 0", "null")]
    [InlineData("toString(toDateTime64('2026-02-03 04:05:06.789', 3))", "\"2026-02-03 04:05:06.789\"")]
    public void FunctionsGiveWhatClickHouseGives(string expression, string json) =>
        Assert.Equal($"[{{\"x\":{json}}}]", store.Ask($"SELECT {expression} AS x FROM key_verifications_v1 LIMIT 1"));

    // 8 MB of text against a pattern that almost matches everywhere: without a bound on steps nothing would end it.
    [Fact]
    public void APatternCannotHoldAThread()
    {
        string text = new('a', 4_000_000);
        AnalyticsException refusal = Assert.Throws<AnalyticsException>(() => SqliteTexts.IsLike(text, "%" + new string('a', 10_000) + "b", ignoresCase: false));
        Assert.Contains("LIKE takes too long", refusal.Message);
        Assert.True(SqliteTexts.IsLike(text, "%a%a%a%", ignoresCase: false));
        Assert.False(SqliteTexts.IsLike(text, "%b", ignoresCase: false));
    }

    [Fact]
    public void AFileThatIsNotThereIsNotConnected()
    {
        BoundQuery query = AnalyticsQueries.Bind("SELECT count() FROM key_verifications_v1");
        AnalyticsException refusal = Assert.Throws<AnalyticsException>(() => new SqliteAnalyticsStore(store.Path + ".none")
            .RunAsync(query, Dataset.Verifications, AnalyticsQueries.Scope, new AnalyticsLimits(), default).GetAwaiter().GetResult());
        Assert.Same(ErrorCode.AnalyticsConnectionFailed, refusal.Code);
    }

    private AnalyticsException Refused(string query, AnalyticsLimits limits) =>
        Assert.Throws<AnalyticsException>(() => store.Ask(query, query.Contains("ratelimits_", StringComparison.Ordinal) ? Dataset.Ratelimits : Dataset.Verifications, limits));
}
