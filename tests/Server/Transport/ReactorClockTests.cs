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
        var time = new SteppingTime { WallMs = 1_800_000_000_000 };
        var clock = new ReactorClock(time);
        clock.Update();
        Assert.Equal(1_800_000_000_000, clock.NowMs);

        // The wall clock is set back by a second; time goes on at half the pace, also in turns shorter than a millisecond.
        time.WallMs -= 1_000;
        for (int i = 0; i < 1_000; i++)
        {
            time.Advance(5_000);
            clock.Update();
        }

        Assert.Equal(1_800_000_000_250, clock.NowMs);

        // Two seconds after the step the wall clock has caught up.
        time.Advance(15_000_000);
        clock.Update();
        Assert.Equal(time.WallMs, clock.NowMs);

        time.WallMs += 7_200_000;
        clock.Update();
        Assert.Equal(time.WallMs, clock.NowMs);
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
        private const long TicksPerMs = 10_000;
        private long _ticks;
        private long _wallTicks;

        internal long WallMs
        {
            get => _wallTicks / TicksPerMs;
            set => _wallTicks = value * TicksPerMs;
        }

        public override long TimestampFrequency => TicksPerMs * 1000;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(_wallTicks);

        public override long GetTimestamp() => _ticks;

        /// <summary>Lets both clocks go on.</summary>
        internal void Advance(long ticks)
        {
            _ticks += ticks;
            _wallTicks += ticks;
        }
    }
}
