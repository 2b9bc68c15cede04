using System;

namespace Unkey.Server.Analytics;

/// <summary>How much a workspace may ask of the event store. Immutable.</summary>
internal sealed record AnalyticsLimits
{
    /// <summary>Most rows of an answer, and of every SELECT inside a query.</summary>
    public long RowsMax { get; init; } = 10_000;

    /// <summary>Most queries in an hour.</summary>
    public int HourlyQueries { get; init; } = 1_000;

    /// <summary>Most time of queries in an hour.</summary>
    public TimeSpan HourlyTime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Days that events are kept; 0 for ever.</summary>
    public int RetentionDays { get; init; } = 90;

    /// <summary>Longest time of one query.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.FromSeconds(10);
}
