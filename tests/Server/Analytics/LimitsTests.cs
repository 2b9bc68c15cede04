using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Analytics;
using Unkey.Server.ControlPlane.Responses;
using Xunit;

namespace Unkey.Server.Tests.Analytics;

/// <summary>How much a workspace may ask in an hour, and how many queries run at once.</summary>
public sealed class LimitsTests
{
    private const long Hour = 3_600_000;

    [Fact]
    public void QueriesAreCountedByWorkspaceAndHour()
    {
        AnalyticsQuota quota = new(new AnalyticsLimits { HourlyQueries = 2 });
        quota.Take("a", 0);
        quota.Take("a", 1);
        AnalyticsException refusal = Assert.Throws<AnalyticsException>(() => quota.Take("a", Hour - 5_000));
        Assert.Same(ErrorCode.QueryQuotaExceeded, refusal.Code);
        Assert.Contains("2 analytics queries", refusal.Message);
        Assert.Contains("in 5 seconds", refusal.Message);
        quota.Take("b", 2);
        quota.Take("a", Hour);
    }

    [Fact]
    public void TimeIsCountedByWorkspaceAndHour()
    {
        AnalyticsQuota quota = new(new AnalyticsLimits { HourlyTime = TimeSpan.FromSeconds(3) });
        quota.Take("a", 0);
        quota.Spend("a", TimeSpan.FromSeconds(2), 0);
        quota.Take("a", 0);
        quota.Spend("a", TimeSpan.FromSeconds(2), 0);
        Assert.Contains("3 seconds", Assert.Throws<AnalyticsException>(() => quota.Take("a", 0)).Message);
        quota.Take("b", 0);
        quota.Take("a", Hour);
    }

    [Fact]
    public void WindowsThatAreOverAreForgotten()
    {
        AnalyticsQuota quota = new(new AnalyticsLimits { HourlyQueries = 1 });
        for (int i = 0; i < 25_000; i++)
        {
            quota.Take($"ws_{i}", i * 1_000L);
        }

        Assert.InRange(quota.Count, 1, 11_000);
        Assert.Throws<AnalyticsException>(() => quota.Take("ws_24999", 25_000_000));
    }

    [Fact]
    public async Task TwoRunAFewWaitAndTheRestIsRefused()
    {
        using QueryTurns turns = new();
        TaskCompletionSource gate = new();
        int running = 0;
        int most = 0;
        List<Task<int>> queries = [.. Enumerable.Range(0, 34).Select(i => turns.RunAsync(
            async () =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                await gate.Task;
                Interlocked.Decrement(ref running);
                return i;
            },
            TimeSpan.FromSeconds(30),
            CancellationToken.None))];
        AnalyticsException refusal = await Assert.ThrowsAsync<AnalyticsException>(() => turns.RunAsync(() => Task.FromResult(0), TimeSpan.FromSeconds(30), CancellationToken.None));
        Assert.Same(ErrorCode.QueryQuotaExceeded, refusal.Code);
        gate.SetResult();
        Assert.Equal(Enumerable.Range(0, 34), await Task.WhenAll(queries));
        Assert.Equal(2, most);
        Assert.Equal(7, await turns.RunAsync(() => Task.FromResult(7), TimeSpan.Zero, CancellationToken.None));
    }

    [Fact]
    public async Task AQueryDoesNotWaitForEver()
    {
        using QueryTurns turns = new();
        TaskCompletionSource<int> gate = new();
        Task<int>[] busy = [.. Enumerable.Range(0, 2).Select(_ => turns.RunAsync(() => gate.Task, TimeSpan.FromSeconds(30), CancellationToken.None))];
        await Assert.ThrowsAsync<AnalyticsException>(() => turns.RunAsync(() => Task.FromResult(0), TimeSpan.FromMilliseconds(20), CancellationToken.None));
        gate.SetResult(1);
        await Task.WhenAll(busy);
    }
}
