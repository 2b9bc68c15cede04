using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Server.Analytics;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Emit;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Tests.Tcp.Analytics;
using Xunit;

namespace Unkey.Server.Tests.Analytics;

/// <summary>What is written for the stores: the wall between tenants in every source, and no character of the caller's.</summary>
public sealed class EmitterTests
{
    private const string Table = "FROM main.\"key_verifications_v1\" WHERE \"workspace_id\" = $p";

    [Fact]
    public void AQueryIsWrittenAnew()
    {
        const string Query = "select outcome, CountIf(spent_credits>0) paid from key_verifications_v1 where outcome='it''s' and time>=now()-interval 1 day group by outcome limit 5";
        EmittedQuery sqlite = AnalyticsQueries.Sqlite(Query);
        EmittedQuery clickHouse = AnalyticsQueries.ClickHouse(Query);
        Assert.Equal(
            "SELECT t1.c12 AS c16, count(*) FILTER (WHERE (t1.c14 > 0)) AS c17 FROM (SELECT \"time\" AS c3, \"outcome\" AS c12, \"spent_credits\" AS c14"
                + " FROM main.\"key_verifications_v1\" WHERE \"workspace_id\" = $p0) AS t1 WHERE ((t1.c12 = $p1) AND (t1.c3 >= 1787221800000)) GROUP BY t1.c12 LIMIT 5 OFFSET 0",
            sqlite.Sql);
        Assert.Equal(
            "SELECT t1.c12 AS c16, countIf((t1.c14 > 0)) AS c17 FROM (SELECT `time` AS c3, `outcome` AS c12, `spent_credits` AS c14"
                + " FROM `events`.`key_verifications_raw_v2` WHERE `workspace_id` = {p0:String}) AS t1"
                + " WHERE ((t1.c12 = {p1:String}) AND (t1.c3 >= 1787221800000)) GROUP BY t1.c12 LIMIT 5 OFFSET 0",
            clickHouse.Sql);
        Assert.Equal(["ws_mine", "it's"], sqlite.Texts);
        Assert.Equal(["ws_mine", "it's"], clickHouse.Texts);
    }

    /// <summary>Raw events that are joined are gathered first, and their times limited where nothing else may be meant by it.</summary>
    [Theory]
    [InlineData("key_verifications_v1 AS a JOIN key_verifications_v1 AS b USING (key_id)", "a.time >= now() - INTERVAL 1 DAY AND 5000 > b.time AND spent_credits > 1", 1)]
    [InlineData("key_verifications_v1 AS a, key_verifications_v1 AS b", "a.time < now() AND (b.time > now() - INTERVAL 1 DAY AND b.time <= now())", 3)]
    [InlineData("key_verifications_v1 AS a, key_verifications_v1 AS b", "a.time < now() OR b.time > now()", 0)]
    [InlineData("key_verifications_v1 AS a LEFT JOIN key_verifications_v1 AS b USING (key_id)", "b.time < now()", 0)]
    [InlineData("key_verifications_v1 AS a JOIN key_verifications_v1 AS b USING (key_id)", "a.time = b.time", 0)]
    public void JoinedEventsAreGatheredWithTheirTimes(string sources, string condition, int times)
    {
        string sql = AnalyticsQueries.Sqlite($"SELECT count() FROM {sources} WHERE {condition}").Sql;
        Assert.Equal(2, AnalyticsQueries.Count(sql, " LIMIT -1) AS "));
        Assert.Equal(times, AnalyticsQueries.Count(sql, " AND \"time\" "));
    }

    [Fact]
    public void NothingElseIsGatheredFirst()
    {
        Assert.DoesNotContain("LIMIT -1", AnalyticsQueries.Sqlite("SELECT count() FROM key_verifications_v1").Sql, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "LIMIT -1",
            AnalyticsQueries.Sqlite("SELECT count() FROM key_verifications_per_hour_v1 AS a JOIN key_verifications_per_hour_v1 AS b USING (key_id)").Sql,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT count() FROM key_verifications_v1 WHERE workspace_id = 'ws_other' OR 1 = 1", 1)]
    [InlineData("SELECT count() FROM key_verifications_v1 AS a, key_verifications_v1 AS b", 2)]
    [InlineData("SELECT count() FROM key_verifications_v1 AS a FULL JOIN key_verifications_v1 AS b ON a.time = b.time", 2)]
    [InlineData("SELECT count() FROM key_verifications_v1 UNION ALL SELECT count() FROM key_verifications_v1", 2)]
    [InlineData("SELECT key_id FROM key_verifications_v1 EXCEPT SELECT key_id FROM key_verifications_v1", 2)]
    [InlineData("SELECT count() FROM (SELECT * FROM (SELECT * FROM key_verifications_v1))", 1)]
    [InlineData("WITH a AS (SELECT * FROM key_verifications_v1) SELECT count() FROM a AS x JOIN a AS y ON x.time = y.time", 2)]
    [InlineData("SELECT (SELECT count() FROM key_verifications_v1) FROM key_verifications_v1 WHERE key_id IN (SELECT key_id FROM key_verifications_v1)", 3)]
    public void EverySourceHasTheWall(string query, int sources)
    {
        AnalyticsScope scope = new("ws_mine", ["ks_1", "ks_2"]);
        EmittedQuery sqlite = AnalyticsQueries.Sqlite(query, scope);
        sqlite = sqlite with { Sql = sqlite.Sql.Replace(" LIMIT -1)", ")", StringComparison.Ordinal) };
        EmittedQuery clickHouse = AnalyticsQueries.ClickHouse(query, scope);
        Assert.Equal(sources, AnalyticsQueries.Count(sqlite.Sql, "FROM main."));
        Assert.Equal(sources, AnalyticsQueries.Count(clickHouse.Sql, "`events`."));
        foreach ((EmittedQuery emitted, string wall) in ((EmittedQuery, string)[])
            [
                (sqlite, $"{Table}{Index(sqlite, "ws_mine")} AND \"key_space_id\" IN ($p{Index(sqlite, "ks_1")}, $p{Index(sqlite, "ks_2")})) AS "),
                (clickHouse, $"WHERE `workspace_id` = {{p{Index(clickHouse, "ws_mine")}:String}} AND `key_space_id` IN"
                    + $" ({{p{Index(clickHouse, "ks_1")}:String}}, {{p{Index(clickHouse, "ks_2")}:String}})) AS "),
            ])
        {
            Assert.Equal(sources, AnalyticsQueries.Count(emitted.Sql, wall));
        }
    }

    [Fact]
    public void NoGrantedIdMeansNoRow()
    {
        AnalyticsScope nothing = new("ws_mine", []);
        Assert.Contains(" AND 1 = 0) AS ", AnalyticsQueries.Sqlite("SELECT count() FROM key_verifications_v1", nothing).Sql);
        Assert.Contains(" AND 1 = 0) AS ", AnalyticsQueries.ClickHouse("SELECT count() FROM ratelimits_v1", nothing, Dataset.Ratelimits).Sql);
    }

    [Fact]
    public void RateLimitsAreScopedByNamespace() => Assert.Contains(
        "\"namespace_id\" IN ($p0)", AnalyticsQueries.Sqlite("SELECT count() FROM ratelimits_v1", new AnalyticsScope("ws_mine", ["rlns_1"]), Dataset.Ratelimits).Sql);

    [Fact]
    public void NoCharacterOfATextOrANameIsInTheQuery()
    {
        const string Query = "SELECT 'zq1' AS \"zq2\"\"`\", zq3.key_id AS zq4 FROM key_verifications_v1 AS zq3 WHERE has(tags, 'zq5') AND key_id IN ('zq6') AND key_id LIKE 'zq7'"
            + " AND length(arrayFilter(zq8 -> zq8 = 'zq9', tags)) > 0 AND formatDateTime(now(), 'zq0') != ''";
        foreach (EmittedQuery emitted in (EmittedQuery[])[AnalyticsQueries.Sqlite(Query), AnalyticsQueries.ClickHouse(Query)])
        {
            Assert.DoesNotContain("zq", emitted.Sql, StringComparison.OrdinalIgnoreCase);
            Assert.Equal(["zq0", "zq1", "zq5", "zq6", "zq7", "zq9"], emitted.Texts.Where(static text => text.StartsWith("zq", StringComparison.Ordinal)).Order());
        }
    }

    [Theory]
    [InlineData("LIMIT 5", 5)]
    [InlineData("LIMIT 1000", 1000)]
    [InlineData("LIMIT 1001", 1000)]
    [InlineData("LIMIT 999999999 OFFSET 0", 1000)]
    [InlineData("LIMIT -1", 1000)]
    [InlineData("LIMIT ALL", 1000)]
    [InlineData("", 1000)]
    public void EverySelectHasALimit(string tail, int limit)
    {
        string query = $"SELECT key_id FROM (SELECT key_id FROM key_verifications_v1 {tail}) WHERE key_id IN (SELECT key_id FROM key_verifications_v1 {tail})";
        foreach (EmittedQuery emitted in (EmittedQuery[])[AnalyticsQueries.Sqlite(query), AnalyticsQueries.ClickHouse(query)])
        {
            Assert.Equal(limit == 1000 ? 3 : 2, AnalyticsQueries.Count(emitted.Sql, $" LIMIT {limit} OFFSET 0"));
            Assert.Equal(3, AnalyticsQueries.Count(emitted.Sql, " LIMIT "));
        }
    }

    [Fact]
    public void FunctionsAreSpelledCanonically()
    {
        string sql = AnalyticsQueries.ClickHouse("SELECT COUNTIF(1 = 1), jsonextractstring('{}', 'a'), TOSTARTOFHOUR(time) AS h FROM key_verifications_v1 GROUP BY h").Sql;
        Assert.Contains("countIf(", sql);
        Assert.Contains("JSONExtractString(", sql);
        Assert.Contains("toStartOfHour(", sql);
    }

    [Theory]
    [InlineData("SELECT nothing FROM key_verifications_v1", "Unknown identifier")]
    [InlineData("SELECT x.key_id FROM key_verifications_v1", "Unknown identifier")]
    [InlineData("SELECT latency_p99 FROM key_verifications_per_day_v1", "state of an aggregate")]
    [InlineData("SELECT key_id, count() FROM key_verifications_v1", "neither in GROUP BY")]
    [InlineData("SELECT sum(key_id) FROM key_verifications_v1", "does not take (String)")]
    [InlineData("SELECT sum(count(1)) FROM key_verifications_v1", "inside another")]
    [InlineData("SELECT key_id FROM key_verifications_v1 WHERE count() > 1", "not allowed in WHERE")]
    [InlineData("SELECT key_id FROM key_verifications_v1 WHERE time > key_id", "cannot be compared")]
    [InlineData("SELECT key_id FROM key_verifications_v1 WHERE time > 'yesterday'", "is no time")]
    [InlineData("SELECT key_id FROM key_verifications_v1 ORDER BY tags", "no order")]
    [InlineData("SELECT max(tags) FROM key_verifications_v1", "no order")]
    [InlineData("SELECT key_id FROM key_verifications_v1 ORDER BY 2", "no column 2")]
    [InlineData("SELECT key_id FROM key_verifications_v1 UNION ALL SELECT time FROM key_verifications_v1", "on one side")]
    [InlineData("SELECT key_id FROM key_verifications_v1 UNION ALL SELECT key_id, time FROM key_verifications_v1", "1 and 2 columns")]
    [InlineData("SELECT toStartOfHour(time, 'Europe/Paris') FROM key_verifications_v1", "only the time zone UTC")]
    [InlineData("SELECT INTERVAL 1 DAY FROM key_verifications_v1", "no value of a result")]
    [InlineData("SELECT formatDateTime(time, '%M') FROM key_verifications_v1", "takes % with")]
    [InlineData("SELECT time FROM key_verifications_v1 ORDER BY time WITH FILL STEP 0", "STEP")]
    [InlineData("SELECT quantile(2)(latency) FROM key_verifications_v1", "does not take")]
    [InlineData("SELECT any(latency) OVER () FROM key_verifications_v1", "over a window")]
    public void WhatHasNoMeaningIsRefused(string query, string part)
    {
        AnalyticsException refusal = AnalyticsQueries.Refused(query);
        Assert.Same(ErrorCode.InvalidAnalyticsQuery, refusal.Code);
        Assert.Contains(part, refusal.Message);
    }

    [Fact]
    public void TheOtherDatasetIsUnknown()
    {
        Assert.Same(ErrorCode.InvalidAnalyticsTable, AnalyticsQueries.Refused("SELECT count() FROM ratelimits_v1").Code);
        Assert.Same(ErrorCode.InvalidAnalyticsTable, AnalyticsQueries.Refused("SELECT count() FROM key_verifications_v1", Dataset.Ratelimits).Code);
        Assert.Equal(
            "CTE name 'ratelimits_v1' conflicts with a public table name",
            AnalyticsQueries.Refused("WITH ratelimits_v1 AS (SELECT 1) SELECT count() FROM key_verifications_v1").Message);
    }

    // Each of these is short, and doubles with every alias or common table expression.
    [Theory]
    [MemberData(nameof(Growing))]
    public void WhatGrowsBeyondBoundsIsRefused(string query) => Assert.Equal("Analytics query is too complex", Assert.Throws<AnalyticsException>(() =>
    {
        BoundQuery bound = AnalyticsQueries.Bind(query);
        new SqliteEmitter(AnalyticsQueries.Scope, Dataset.Verifications).Emit(bound);
        new ClickHouseEmitter(AnalyticsQueries.Scope, Dataset.Verifications, "events").Emit(bound);
    }).Message);

    public static TheoryData<string> Growing =>
    [
        "SELECT key_id AS a0" + Many(60, static i => $", concat(a{i}, a{i}) AS a{i + 1}") + " FROM key_verifications_v1",
        "SELECT " + string.Concat(Enumerable.Range(1, 60).Reverse().Select(static i => $"concat(a{i - 1}, a{i - 1}) AS a{i}, ")) + "key_id AS a0 FROM key_verifications_v1",
        "SELECT 1 AS a0" + Many(60, static i => $", 1 + (1 + (1 + (1 + (1 + a{i})))) AS a{i + 1}") + " FROM key_verifications_v1",
        "WITH a0 AS (SELECT key_id FROM key_verifications_v1)" + Many(12, static i => $", a{i + 1} AS (SELECT key_id FROM a{i} UNION ALL SELECT key_id FROM a{i})")
            + " SELECT count() FROM a12",
        "WITH a0 AS (SELECT key_id FROM key_verifications_v1)" + Many(40, static i => $", a{i + 1} AS (SELECT key_id FROM a{i})") + " SELECT count() FROM a40",
        "SELECT key_id AS a0" + Many(11, static i => $", concat(a{i}, a{i}) AS a{i + 1}") + Many(45, static i => $", concat(a11, '{i}') AS b{i}") + " FROM key_verifications_v1",
    ];

    [Fact]
    public void EveryQueryOfTheComparisonEmits()
    {
        foreach (string query in SameAnswerTests.Queries)
        {
            Dataset dataset = query.Contains("ratelimits_", StringComparison.Ordinal) ? Dataset.Ratelimits : Dataset.Verifications;
            Assert.NotEmpty(AnalyticsQueries.Sqlite(query, null, dataset).Sql);
            Assert.NotEmpty(AnalyticsQueries.ClickHouse(query, null, dataset).Sql);
        }
    }

    private static string Many(int count, Func<int, string> part) => string.Concat(Enumerable.Range(0, count).Select(part));

    private static int Index(EmittedQuery emitted, string text) => ((List<string>)emitted.Texts).IndexOf(text);
}
