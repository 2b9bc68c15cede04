using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Rows;
using Unkey.Server.Analytics.Sql;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.Analytics;

/// <summary>Answers queries over events: reads and binds them, counts them, runs them in their turn. Any thread.</summary>
/// <param name="store">Where the events are; null when none are recorded.</param>
/// <param name="limits">How much a workspace may ask.</param>
/// <param name="time">The clock.</param>
internal sealed class AnalyticsService(IAnalyticsStore? store, AnalyticsLimits limits, TimeProvider time) : IDisposable
{
    private readonly AnalyticsQuota _quota = new(limits);
    private readonly QueryTurns _turns = new();

    /// <summary>A service for a server that records nothing.</summary>
    public static AnalyticsService None => new(null, new AnalyticsLimits(), TimeProvider.System);

    /// <summary>Answers a query.</summary>
    /// <param name="text">The query.</param>
    /// <param name="dataset">What it may read.</param>
    /// <param name="scope">Whose events it sees.</param>
    /// <param name="cancellation">The caller is gone.</param>
    /// <exception cref="AnalyticsException">It is refused, or was stopped at a limit.</exception>
    public async Task<AnalyticsRows> RunAsync(string text, Dataset dataset, AnalyticsScope scope, CancellationToken cancellation)
    {
        if (store is null)
        {
            throw new AnalyticsException(ErrorCode.AnalyticsNotConfigured, "Analytics are not configured for this instance");
        }

        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        BoundQuery query = Bind(text, dataset, nowMs, limits);
        _quota.Take(scope.WorkspaceId, nowMs);
        return await _turns.RunAsync(
            async () =>
            {
                long startedAt = Stopwatch.GetTimestamp();
                try
                {
                    return await store.RunAsync(query, dataset, scope, limits, cancellation).ConfigureAwait(false);
                }
                finally
                {
                    _quota.Spend(scope.WorkspaceId, Stopwatch.GetElapsedTime(startedAt), nowMs);
                }
            },
            limits.TimeMax,
            cancellation).ConfigureAwait(false);
    }

    /// <summary>Reads and binds a query.</summary>
    /// <exception cref="AnalyticsException">It is refused; nothing else comes out of here, whatever the text.</exception>
    public static BoundQuery Bind(string text, Dataset dataset, long nowMs, AnalyticsLimits limits) =>
        QueryBinder.Bind(SqlParser.Parse(text), new BindingContext(dataset, nowMs, limits.RowsMax, limits.RetentionDays));

    /// <inheritdoc/>
    public void Dispose()
    {
        _turns.Dispose();
        (store as IDisposable)?.Dispose();
    }
}
