using System;
using System.Collections.Generic;
using System.Threading;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.Analytics;

/// <summary>Counts queries and their time by workspace, in windows of an hour that begin with the first query. Any thread.</summary>
internal sealed class AnalyticsQuota(AnalyticsLimits limits)
{
    private const long WindowMs = 3_600_000;
    private const int WindowsKeptMax = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Window> _windows = new(StringComparer.Ordinal);

    /// <summary>Windows that are held.</summary>
    internal int Count => _windows.Count;

    /// <summary>Counts a query that is about to run.</summary>
    /// <exception cref="AnalyticsException">The workspace has used up its queries or their time.</exception>
    public void Take(string workspaceId, long nowMs)
    {
        lock (_lock)
        {
            Window window = Current(workspaceId, nowMs);
            if (window.Queries >= limits.HourlyQueries)
            {
                throw Exceeded($"{limits.HourlyQueries} analytics queries", window, nowMs);
            }

            if (window.Time >= limits.HourlyTime)
            {
                throw Exceeded($"{(long)limits.HourlyTime.TotalSeconds} seconds of analytics queries", window, nowMs);
            }

            window.Queries++;
        }
    }

    /// <summary>Counts the time of a query that has run.</summary>
    public void Spend(string workspaceId, TimeSpan time, long nowMs)
    {
        lock (_lock)
        {
            Current(workspaceId, nowMs).Time += time;
        }
    }

    private static AnalyticsException Exceeded(string what, Window window, long nowMs) => new(
        ErrorCode.QueryQuotaExceeded,
        $"This workspace has used up its {what} of this hour; the next begins in {Math.Max(1, (window.StartMs + WindowMs - nowMs) / 1000)} seconds");

    private Window Current(string workspaceId, long nowMs)
    {
        if (_windows.TryGetValue(workspaceId, out Window? window) && nowMs >= window.StartMs && nowMs - window.StartMs < WindowMs)
        {
            return window;
        }

        if (_windows.Count >= WindowsKeptMax)
        {
            Forget(nowMs);
        }

        return _windows[workspaceId] = new Window { StartMs = nowMs };
    }

    // BOUND: windows that are over tell nothing; there are never more live ones than workspaces.
    private void Forget(long nowMs)
    {
        foreach ((string workspaceId, Window window) in _windows)
        {
            if (nowMs - window.StartMs >= WindowMs)
            {
                _windows.Remove(workspaceId);
            }
        }
    }

    private sealed class Window
    {
        public long StartMs { get; init; }

        public int Queries { get; set; }

        public TimeSpan Time { get; set; }
    }
}
