using System;
using Unkey.Server.Analytics;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Emit;
using Xunit;

namespace Unkey.Server.Tests.Analytics;

/// <summary>Queries as the service binds them, at a fixed time.</summary>
internal static class AnalyticsQueries
{
    /// <summary>2026-08-21 10:30:00 UTC, a Friday.</summary>
    public const long NowMs = 1_787_308_200_000;

    public static AnalyticsScope Scope { get; } = new("ws_mine", null);

    public static BoundQuery Bind(string query, Dataset? dataset = null, int retentionDays = 90, long rowsMax = 1_000) =>
        AnalyticsService.Bind(query, dataset ?? Dataset.Verifications, NowMs, new AnalyticsLimits { RowsMax = rowsMax, RetentionDays = retentionDays });

    public static AnalyticsException Refused(string query, Dataset? dataset = null, int retentionDays = 90) =>
        Assert.Throws<AnalyticsException>(() => Bind(query, dataset, retentionDays));

    public static EmittedQuery Sqlite(string query, AnalyticsScope? scope = null, Dataset? dataset = null) =>
        new SqliteEmitter(scope ?? Scope, dataset ?? Dataset.Verifications).Emit(Bind(query, dataset));

    public static EmittedQuery ClickHouse(string query, AnalyticsScope? scope = null, Dataset? dataset = null) =>
        new ClickHouseEmitter(scope ?? Scope, dataset ?? Dataset.Verifications, "events").Emit(Bind(query, dataset));

    /// <summary>How often a text occurs in another.</summary>
    public static int Count(string text, string part) => text.Split(part, StringSplitOptions.None).Length - 1;
}
