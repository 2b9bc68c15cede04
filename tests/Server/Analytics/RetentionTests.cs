using Unkey.Server.Analytics;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.ControlPlane.Responses;
using Xunit;

namespace Unkey.Server.Tests.Analytics;

/// <summary>Lower bounds of time beyond what is kept are refused; seven days are kept here.</summary>
public sealed class RetentionTests
{
    private const int Days = 7;

    [Theory]
    [InlineData("time >= now() - INTERVAL 5 DAY")]
    [InlineData("time >= now() - INTERVAL 7 DAY")]
    [InlineData("time >= now() - INTERVAL 604800 SECOND")]
    [InlineData("time >= now() - INTERVAL 2880 MINUTE")]
    [InlineData("time >= now() - INTERVAL 72 HOUR")]
    [InlineData("time >= now() - INTERVAL '5 days'")]
    [InlineData("time >= now64() - toIntervalDay(7)")]
    [InlineData("time >= today() - 7")]
    [InlineData("time >= toStartOfDay(now() - INTERVAL 7 DAY)")]
    [InlineData("time >= toStartOfHour(toDateTime(now() - INTERVAL 6 DAY))")]
    [InlineData("time >= date_trunc('hour', now() - INTERVAL 6 DAY)")]
    [InlineData("time >= fromUnixTimestamp64Milli(1787049000000)")]
    [InlineData("time >= 1787049000000")]
    [InlineData("time >= now() + INTERVAL 90 DAY - INTERVAL 95 DAY")]
    [InlineData("time <= now() - INTERVAL 90 DAY")]
    [InlineData("time < '2020-01-01'")]
    [InlineData("now() - INTERVAL 90 DAY >= time")]
    [InlineData("time BETWEEN now() - INTERVAL 3 DAY AND now()")]
    [InlineData("time >= 1609459200000")]
    [InlineData("spent_credits >= 1")]
    [InlineData("1 = 1")]
    public void WhatIsKeptMayBeAskedFor(string condition) => Assert.NotNull(AnalyticsQueries.Bind(Query(condition), retentionDays: Days));

    [Theory]
    [InlineData("time >= now() - INTERVAL 8 DAY")]
    [InlineData("time > now() - INTERVAL 90 DAY")]
    [InlineData("time = now() - INTERVAL 90 DAY")]
    [InlineData("time >= now() - INTERVAL 4 WEEK")]
    [InlineData("time >= now() - INTERVAL 3 MONTH")]
    [InlineData("time >= now() - INTERVAL 1 YEAR")]
    [InlineData("time >= now() - INTERVAL 200 HOUR")]
    [InlineData("now() - INTERVAL 8 DAY <= time")]
    [InlineData("now() - INTERVAL 8 DAY < time")]
    [InlineData("t.time >= now() - INTERVAL 8 DAY")]
    [InlineData("`time` >= now() - INTERVAL 8 DAY")]
    [InlineData("time BETWEEN now() - INTERVAL 90 DAY AND now()")]
    [InlineData("time >= now64() - INTERVAL 90 DAY")]
    [InlineData("time >= today() - 8")]
    [InlineData("time >= toStartOfHour(now() - INTERVAL 90 DAY)")]
    [InlineData("time >= toStartOfDay(toStartOfHour(now() - INTERVAL 90 DAY))")]
    [InlineData("time >= date_trunc('month', now() - INTERVAL 90 DAY)")]
    [InlineData("time >= toDate(now() - INTERVAL 90 DAY)")]
    [InlineData("time >= toDateTime('2021-01-01 00:00:00')")]
    [InlineData("time >= '2021-01-01'")]
    [InlineData("time >= fromUnixTimestamp64Milli(1609459200000)")]
    [InlineData("outcome = 'VALID' AND (time < now() OR NOT time >= now() - INTERVAL 90 DAY)")]
    public void WhatIsOlderIsRefused(string condition)
    {
        AnalyticsException refusal = AnalyticsQueries.Refused(Query(condition), retentionDays: Days);
        Assert.Same(ErrorCode.QueryRangeExceedsRetention, refusal.Code);
        Assert.StartsWith("Cannot query data older than 7 days. ", refusal.Message);
        Assert.EndsWith("2026-08-14.", refusal.Message);
        Assert.NotNull(AnalyticsQueries.Bind(Query(condition), retentionDays: 0));
    }

    [Theory]
    [InlineData("SELECT count() FROM (SELECT time FROM key_verifications_v1) WHERE time >= now() - INTERVAL 8 DAY")]
    [InlineData("WITH a AS (SELECT * FROM key_verifications_v1) SELECT count() FROM a WHERE time >= now() - INTERVAL 8 DAY")]
    [InlineData("SELECT count() FROM key_verifications_v1 UNION ALL SELECT count() FROM key_verifications_v1 WHERE time >= now() - INTERVAL 8 DAY")]
    [InlineData("SELECT countIf(time >= now() - INTERVAL 8 DAY) FROM key_verifications_v1")]
    [InlineData("SELECT count() FROM key_verifications_v1 AS a JOIN key_verifications_v1 AS b ON a.time = b.time AND b.time >= now() - INTERVAL 8 DAY")]
    public void TheBoundIsFoundWhereverItIs(string query) =>
        Assert.Same(ErrorCode.QueryRangeExceedsRetention, AnalyticsQueries.Refused(query, retentionDays: Days).Code);

    [Theory]
    [InlineData("key_verifications_per_hour_v1", 7)]
    [InlineData("key_verifications_per_day_v1", 365)]
    [InlineData("key_verifications_per_month_v1", 1096)]
    public void SumsAreKeptLonger(string table, int days)
    {
        Assert.NotNull(AnalyticsQueries.Bind($"SELECT count() FROM {table} WHERE time >= now() - INTERVAL {days} DAY", retentionDays: Days));
        Assert.Contains(
            $"older than {days} days",
            AnalyticsQueries.Refused($"SELECT count() FROM {table} WHERE time >= now() - INTERVAL {days + 1} DAY", retentionDays: Days).Message);
    }

    [Fact]
    public void RateLimitsHaveTheirOwn() =>
        Assert.Contains(
            "older than 100 days",
            AnalyticsQueries.Refused("SELECT count() FROM ratelimits_per_day_v1 WHERE time >= now() - INTERVAL 101 DAY", Dataset.Ratelimits, Days).Message);

    private static string Query(string condition) => $"SELECT count() FROM key_verifications_v1 AS t WHERE {condition}";
}
