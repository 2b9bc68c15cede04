using System;
using System.Linq;
using System.Text;
using Unkey.Protocol;
using Unkey.Server.Diagnostics;
using Unkey.Server.Diagnostics.Requests;
using Unkey.Server.Tests.Events;
using Xunit;

namespace Unkey.Server.Tests.Diagnostics;

/// <summary>The marks of requests between reactors and background threads: what is kept, dropped, sampled and logged.</summary>
public sealed class RequestWatchTests
{
    private const int SlowId = 1040;
    private const int SuppressedId = 1041;

    [Fact]
    public void AFullRingDropsAndCountsAndKeepsTheOrder()
    {
        MarkRing ring = new();
        for (int i = 0; i < MarkRing.Capacity + 5; i++)
        {
            Assert.Equal(i < MarkRing.Capacity, ring.TryWrite(Mark(i)));
        }

        Assert.Equal((5, MarkRing.Capacity), (ring.Dropped, (int)ring.Count));
        for (int round = 0; round < 3; round++)
        {
            Assert.True(ring.TryRead(out RequestMark mark));
            Assert.Equal(round, mark.ElapsedTicks);
            Assert.True(ring.TryWrite(Mark(MarkRing.Capacity + round)));
        }

        for (int i = 3; i < MarkRing.Capacity + 3; i++)
        {
            Assert.True(ring.TryRead(out RequestMark mark));
            Assert.Equal(i, mark.ElapsedTicks);
        }

        Assert.False(ring.TryRead(out _));
    }

    [Fact]
    public void TenSlowRequestsASecondAreLoggedAndTheRestIsANumber()
    {
        RecordedLog log = new();
        TickClock clock = new();
        using SlowRequests slow = new(2, new EndpointLabels(["/v2/keys.createKey"]), log, clock);
        for (int i = 0; i < 40; i++)
        {
            slow.Rings[i % 2].TryWrite(Mark(5 * TimeSpan.TicksPerMillisecond));
        }

        slow.Drain();
        Assert.Equal(SlowRequests.LinesPerSecondMax, log.Of(SlowId).Length);
        Assert.Equal("Slow request: keys.verifyKey answered 200 after 5 ms, req_123456789", log.Of(SlowId)[0]);
        Assert.Empty(log.Of(SuppressedId));
        clock.Ticks += TimeSpan.TicksPerSecond;
        slow.Drain();
        Assert.Equal(["30 more requests were slow; there is an entry for the first ten of each second only"], log.Of(SuppressedId));
        Assert.Equal(40, slow.Seen);

        // What found no room in a ring counts as well.
        for (int i = 0; i < MarkRing.Capacity + 7; i++)
        {
            slow.Rings[0].TryWrite(Mark(TimeSpan.TicksPerMillisecond));
        }

        slow.Drain();
        clock.Ticks += TimeSpan.TicksPerSecond;
        slow.Drain();
        Assert.Equal(40 + MarkRing.Capacity + 7, slow.Seen);
        Assert.StartsWith($"{MarkRing.Capacity + 7 - SlowRequests.LinesPerSecondMax} more requests", log.Of(SuppressedId)[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.1)]
    [InlineData(1.0)]
    public void ARatioTakesItsShareByNumberOrTraceIdAndAParentDecidesOnlyWhereItIsFollowed(double ratio)
    {
        const int Draws = 20_000;
        Random random = new(7);
        TraceSampling own = new(ratio, FollowsParent: false);
        TraceSampling following = new(ratio, FollowsParent: true);
        int taken = Enumerable.Range(0, Draws).Count(_ => own.Takes(default, random.NextInt64()));
        Assert.InRange(taken, (ratio - 0.02) * Draws, (ratio + 0.02) * Draws);
        taken = Enumerable.Range(0, Draws).Count(_ => own.Takes(new TraceParent(1, (ulong)random.NextInt64(), 1, IsSampled: false), random: 0));
        Assert.InRange(taken, (ratio - 0.02) * Draws, (ratio + 0.02) * Draws);
        Assert.True(following.Takes(new TraceParent(1, ulong.MaxValue, 1, IsSampled: true), long.MaxValue));
        Assert.False(following.Takes(new TraceParent(1, 0, 1, IsSampled: false), random: 0));
    }

    [Fact]
    public void ATraceparentIsReadAsItWasSent()
    {
        Assert.True(TraceParent.TryRead("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"u8, out TraceParent parent));
        Assert.Equal(new TraceParent(0x0af7651916cd43dd, 0x8448eb211c80319c, 0xb7ad6b7169203331, IsSampled: true), parent);
        byte[] id = new byte[16];
        parent.WriteTraceId(id);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", Convert.ToHexStringLower(id));

        // Every prefix, and every single byte replaced by one that cannot stand there, is none.
        byte[] whole = Encoding.ASCII.GetBytes("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        for (int i = 0; i < whole.Length; i++)
        {
            Assert.False(TraceParent.TryRead(whole.AsSpan(0, i), out _));
            byte[] broken = [.. whole];
            broken[i] = (byte)'g';
            Assert.False(TraceParent.TryRead(broken, out parent));
            Assert.False(parent.Exists);
        }
    }

    private static RequestMark Mark(long elapsed)
    {
        RequestMark mark = new() { ElapsedTicks = elapsed, Endpoint = RequestEndpoint.VerifyKey, Method = HttpMethod.Post, Status = 200 };
        mark.SetRequestId("req_123456789"u8);
        return mark;
    }

    // Ticks of 100 ns that move when told.
    private sealed class TickClock : TimeProvider
    {
        public long Ticks { get; set; } = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Ticks;
    }
}
