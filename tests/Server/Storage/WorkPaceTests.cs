using System;
using System.Threading;
using Unkey.Server.Storage;
using Xunit;

namespace Unkey.Server.Tests.Storage;

public sealed class WorkPaceTests
{
    [Theory]
    [InlineData(0, 500)] // Short turns begin a period apart.
    [InlineData(10, 490)]
    [InlineData(23, 477)]
    [InlineData(24, 480)] // From here on the pause is twenty times the turn,
    [InlineData(50, 1_000)]
    [InlineData(100, 2_000)]
    [InlineData(101, 2_000)] // and not more than the longest rest.
    [InlineData(600_000, 2_000)]
    public void TheLongerATurnTheLongerThePause(int turnMs, int pauseMs) =>
        Assert.Equal(Ms(pauseMs), new WorkPace(Ms(500), Ms(50), Ms(2_000)).PauseAfter(Ms(turnMs)));

    [Theory]
    [InlineData(0, 500)]
    [InlineData(470, 50)]
    [InlineData(600_000, 50)]
    public void WithoutARestThereIsStillAPause(int turnMs, int pauseMs) =>
        Assert.Equal(Ms(pauseMs), new WorkPace(Ms(500), Ms(50), TimeSpan.Zero).PauseAfter(Ms(turnMs)));

    [Fact]
    public void AnInfinitePeriodHasNoTurnByItself()
    {
        WorkPace pace = new(Timeout.InfiniteTimeSpan, Ms(50), Ms(2_000));
        Assert.Equal(Timeout.InfiniteTimeSpan, pace.PauseAfter(TimeSpan.Zero));
        Assert.Equal(Timeout.InfiniteTimeSpan, pace.PauseAfter(Ms(5_000)));
    }

    [Fact]
    public void AnAbsurdlyLongTurnDoesNotOverflow() => Assert.Equal(Ms(2_000), new WorkPace(Ms(500), Ms(50), Ms(2_000)).PauseAfter(TimeSpan.MaxValue));

    private static TimeSpan Ms(int ms) => TimeSpan.FromMilliseconds(ms);
}
