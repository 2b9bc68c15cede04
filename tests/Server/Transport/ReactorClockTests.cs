using System;
using System.Text;
using Unkey.Server.Transport;
using Xunit;

namespace Unkey.Server.Tests.Transport;

public sealed class ReactorClockTests
{
    [Fact]
    public void AStepBackOfTheWallClockDoesNotTurnTimeBackOrStopIt()
    {
        var time = new SteppingTime { WallMs = 1_800_000_000_000, MonotonicMs = 5_000 };
        var clock = new ReactorClock(time);
        clock.Update();
        Assert.Equal(1_800_000_000_000, clock.NowMs);

        time.WallMs -= 3_600_000;
        time.MonotonicMs += 250;
        clock.Update();
        Assert.Equal(1_800_000_000_250, clock.NowMs);

        time.WallMs += 7_200_000;
        time.MonotonicMs += 250;
        clock.Update();
        Assert.Equal(1_800_003_600_000, clock.NowMs);
    }

    [Fact]
    public void TheDateFollowsTheWallClock()
    {
        var time = new SteppingTime { WallMs = 784_111_777_000 };
        var clock = new ReactorClock(time);
        clock.Update();
        Assert.Equal("Sun, 06 Nov 1994 08:49:37 GMT", Encoding.ASCII.GetString(clock.Date));
    }

    private sealed class SteppingTime : TimeProvider
    {
        internal long WallMs { get; set; }

        internal long MonotonicMs { get; set; }

        public override long TimestampFrequency => 10_000_000;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(WallMs);

        public override long GetTimestamp() => MonotonicMs * 10_000;
    }
}
