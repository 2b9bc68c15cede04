using System;
using Unkey.Server.Events;
using Xunit;

namespace Unkey.Server.Tests.Events;

public sealed class DeliveryBacklogTests
{
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);

    [Fact]
    public void ABacklogThatGrowsOverAPeriodIsToldOnceEachWay()
    {
        DeliveryBacklog backlog = new(s_period);
        Assert.False(backlog.Note(TimeSpan.Zero, 10));
        Assert.False(backlog.Note(s_period / 2, 90));
        Assert.False(backlog.IsGrowing);
        Assert.True(backlog.Note(s_period, 100));
        Assert.True(backlog.IsGrowing);
        Assert.False(backlog.Note(s_period * 2, 200));
        Assert.False(backlog.Note(s_period * 3, 4));
        Assert.True(backlog.IsGrowing);
        Assert.True(backlog.Note(s_period * 4, 3));
        Assert.False(backlog.IsGrowing);
    }

    /// <summary>After the store was away much waits, and less with each batch.</summary>
    [Fact]
    public void ABacklogThatShrinksIsNoReasonToSayAnything()
    {
        DeliveryBacklog backlog = new(s_period);
        for (int minute = 0; minute < 20; minute++)
        {
            Assert.False(backlog.Note(s_period * minute, 10_000 - (minute * 400)));
        }
    }

    [Fact]
    public void AFewBatchesAreNoBacklog()
    {
        DeliveryBacklog backlog = new(s_period);
        for (int minute = 0; minute < 20; minute++)
        {
            Assert.False(backlog.Note(s_period * minute, minute));
        }
    }
}
