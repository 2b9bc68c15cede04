using System.Collections.Generic;

namespace Unkey.Server.Events.ClickHouse;

/// <summary>The tables and views that hold events in ClickHouse: names and layout of the service that this one stands in for, so that its queries work.</summary>
/// <remarks>
/// Every statement may run again. Each table and each target of a view remembers the tokens of its last blocks: without that, a batch that is
/// delivered twice counts twice in the sums. Roll-ups are chained, raw to minute to hour to day to month.
/// </remarks>
internal static class ClickHouseSchema
{
    private const string Settings = "SETTINGS non_replicated_deduplication_window = 10000";

    private static readonly (string Unit, string Time, string Start)[] s_units =
    [
        ("minute", "DateTime", "toStartOfMinute"),
        ("hour", "DateTime", "toStartOfHour"),
        ("day", "Date", "toDate"),
        ("month", "Date", "toStartOfMonth"),
    ];

    private static readonly int[] s_verificationDays = [90, 90, 365, 1_096];
    private static readonly int[] s_ratelimitDays = [7, 30, 100, 1_096];
    private static readonly int[] s_requestDays = [7, 30, 100, 1_096];

    /// <summary>What to run, in order.</summary>
    /// <param name="retentionDays">Days that raw events are kept, and roll-ups at least; 0 for ever.</param>
    public static IEnumerable<string> Statements(int retentionDays)
    {
        yield return $"""
            CREATE TABLE IF NOT EXISTS key_verifications_raw_v2 (
                request_id String, time Int64, workspace_id String, key_space_id String, identity_id String, external_id String, key_id String,
                region LowCardinality(String), source LowCardinality(String) DEFAULT 'api', app_id LowCardinality(String) DEFAULT '',
                outcome LowCardinality(String), tags Array(String), spent_credits Int64, latency Float64,
                INDEX idx_request_id request_id TYPE bloom_filter GRANULARITY 1, INDEX idx_identity_id identity_id TYPE bloom_filter GRANULARITY 1,
                INDEX idx_external_id external_id TYPE bloom_filter GRANULARITY 1, INDEX idx_key_id key_id TYPE bloom_filter GRANULARITY 1,
                INDEX idx_tags tags TYPE bloom_filter GRANULARITY 1
            ) ENGINE = MergeTree ORDER BY (workspace_id, time, key_space_id, outcome) {RawTtl(retentionDays)} {Settings}
            """;
        yield return $"""
            CREATE TABLE IF NOT EXISTS ratelimits_raw_v2 (
                request_id String, time Int64, workspace_id String, namespace_id String, identifier String, passed Bool, latency Float64,
                override_id String, `limit` UInt64, remaining UInt64, reset_at Int64, tokens UInt64,
                INDEX idx_request_id request_id TYPE bloom_filter GRANULARITY 1
            ) ENGINE = MergeTree ORDER BY (workspace_id, time, namespace_id) {RawTtl(retentionDays)} {Settings}
            """;
        yield return $"""
            CREATE TABLE IF NOT EXISTS api_requests_raw_v2 (
                request_id String, time Int64, workspace_id String, host String, method LowCardinality(String), path String, query_string String,
                query_params Map(String, Array(String)), request_headers Array(String), request_body String, response_status Int32,
                response_headers Array(String), response_body String, error String, service_latency Int64, user_agent String, ip_address String,
                region LowCardinality(String), INDEX idx_request_id request_id TYPE bloom_filter GRANULARITY 1
            ) ENGINE = MergeTree ORDER BY (workspace_id, time, request_id) {RawTtl(retentionDays)} {Settings}
            """;

        // Who called is a column of our own; the table may have been made elsewhere, without it.
        yield return "ALTER TABLE api_requests_raw_v2 ADD COLUMN IF NOT EXISTS root_key_id String";
        for (int i = 0; i < s_units.Length; i++)
        {
            (string unit, string time, _) = s_units[i];
            yield return $"""
                CREATE TABLE IF NOT EXISTS api_requests_per_{unit}_v2 (
                    time {time}, workspace_id String, path String, response_status Int32, host String, method LowCardinality(String), count Int64
                ) ENGINE = SummingMergeTree ORDER BY (workspace_id, time, response_status, host, method, path)
                {RollUpTtl(s_requestDays[i], retentionDays)} {Settings}
                """;
            yield return $"""
                CREATE TABLE IF NOT EXISTS key_verifications_per_{unit}_v3 (
                    time {time}, workspace_id String, key_space_id String, identity_id String, external_id String, key_id String,
                    outcome LowCardinality(String), tags Array(String), source LowCardinality(String), app_id LowCardinality(String),
                    count SimpleAggregateFunction(sum, Int64), spent_credits SimpleAggregateFunction(sum, Int64),
                    latency_avg AggregateFunction(avg, Float64), latency_p75 AggregateFunction(quantilesTDigest(0.75), Float64),
                    latency_p99 AggregateFunction(quantilesTDigest(0.99), Float64)
                ) ENGINE = AggregatingMergeTree
                ORDER BY (workspace_id, time, key_space_id, identity_id, external_id, key_id, outcome, tags, source, app_id)
                {RollUpTtl(s_verificationDays[i], retentionDays)} {Settings}
                """;
            yield return $"""
                CREATE TABLE IF NOT EXISTS ratelimits_per_{unit}_v2 (
                    time {time}, workspace_id String, namespace_id String, identifier String,
                    passed SimpleAggregateFunction(sum, Int64), total SimpleAggregateFunction(sum, Int64),
                    passed_tokens SimpleAggregateFunction(sum, Int64), total_tokens SimpleAggregateFunction(sum, Int64),
                    latency_avg AggregateFunction(avg, Float64), latency_p75 AggregateFunction(quantilesTDigest(0.75), Float64),
                    latency_p99 AggregateFunction(quantilesTDigest(0.99), Float64)
                ) ENGINE = AggregatingMergeTree ORDER BY (workspace_id, namespace_id, time, identifier)
                {RollUpTtl(s_ratelimitDays[i], retentionDays)} {Settings}
                """;
        }

        yield return $"""
            CREATE MATERIALIZED VIEW IF NOT EXISTS key_verifications_per_minute_mv_v3 TO key_verifications_per_minute_v3 AS
            SELECT toStartOfMinute(fromUnixTimestamp64Milli(time)) AS time, workspace_id, key_space_id, identity_id, external_id, key_id, outcome, tags, source,
                app_id, toInt64(count()) AS count, sum(spent_credits) AS spent_credits, avgState(latency) AS latency_avg,
                quantilesTDigestState(0.75)(latency) AS latency_p75, quantilesTDigestState(0.99)(latency) AS latency_p99
            FROM key_verifications_raw_v2
            GROUP BY time, workspace_id, key_space_id, identity_id, external_id, key_id, outcome, tags, source, app_id
            """;
        yield return $"""
            CREATE MATERIALIZED VIEW IF NOT EXISTS ratelimits_per_minute_mv_v2 TO ratelimits_per_minute_v2 AS
            SELECT toStartOfMinute(fromUnixTimestamp64Milli(time)) AS time, workspace_id, namespace_id, identifier, toInt64(countIf(raw.passed)) AS passed,
                toInt64(count()) AS total, toInt64(sumIf(raw.tokens, raw.passed)) AS passed_tokens, toInt64(sum(raw.tokens)) AS total_tokens,
                avgState(latency) AS latency_avg, quantilesTDigestState(0.75)(latency) AS latency_p75, quantilesTDigestState(0.99)(latency) AS latency_p99
            FROM ratelimits_raw_v2 AS raw GROUP BY time, workspace_id, namespace_id, identifier
            """;
        yield return """
            CREATE MATERIALIZED VIEW IF NOT EXISTS api_requests_per_minute_mv_v2 TO api_requests_per_minute_v2 AS
            SELECT toStartOfMinute(fromUnixTimestamp64Milli(time)) AS time, workspace_id, path, response_status, host, method, toInt64(count()) AS count
            FROM api_requests_raw_v2 GROUP BY time, workspace_id, path, response_status, host, method
            """;
        for (int i = 1; i < s_units.Length; i++)
        {
            (string unit, _, string start) = s_units[i];
            string finer = s_units[i - 1].Unit;
            yield return $"""
                CREATE MATERIALIZED VIEW IF NOT EXISTS api_requests_per_{unit}_mv_v2 TO api_requests_per_{unit}_v2 AS
                SELECT {start}(time) AS time, workspace_id, path, response_status, host, method, sum(count) AS count
                FROM api_requests_per_{finer}_v2 GROUP BY time, workspace_id, path, response_status, host, method
                """;
            yield return $"""
                CREATE MATERIALIZED VIEW IF NOT EXISTS key_verifications_per_{unit}_mv_v3 TO key_verifications_per_{unit}_v3 AS
                SELECT {start}(time) AS time, workspace_id, key_space_id, identity_id, external_id, key_id, outcome, tags, source, app_id,
                    sum(count) AS count, sum(spent_credits) AS spent_credits, avgMergeState(latency_avg) AS latency_avg,
                    quantilesTDigestMergeState(0.75)(latency_p75) AS latency_p75, quantilesTDigestMergeState(0.99)(latency_p99) AS latency_p99
                FROM key_verifications_per_{finer}_v3
                GROUP BY time, workspace_id, key_space_id, identity_id, external_id, key_id, outcome, tags, source, app_id
                """;
            yield return $"""
                CREATE MATERIALIZED VIEW IF NOT EXISTS ratelimits_per_{unit}_mv_v2 TO ratelimits_per_{unit}_v2 AS
                SELECT {start}(time) AS time, workspace_id, namespace_id, identifier, sum(passed) AS passed, sum(total) AS total,
                    sum(passed_tokens) AS passed_tokens, sum(total_tokens) AS total_tokens, avgMergeState(latency_avg) AS latency_avg,
                    quantilesTDigestMergeState(0.75)(latency_p75) AS latency_p75, quantilesTDigestMergeState(0.99)(latency_p99) AS latency_p99
                FROM ratelimits_per_{finer}_v2 GROUP BY time, workspace_id, namespace_id, identifier
                """;
        }
    }

    private static string RawTtl(int days) => days == 0 ? "" : $"TTL toDateTime(fromUnixTimestamp64Milli(time)) + INTERVAL {days} DAY DELETE";

    private static string RollUpTtl(int days, int retentionDays) =>
        retentionDays == 0 ? "" : $"TTL time + INTERVAL {(days > retentionDays ? days : retentionDays)} DAY DELETE";
}
