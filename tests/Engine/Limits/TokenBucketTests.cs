using System;
using System.Numerics;
using CsCheck;
using Unkey.Engine.Limits;
using Xunit;

namespace Unkey.Engine.Tests.Limits;

public sealed class TokenBucketTests
{
    private const long Start = 1_790_000_000_000;
    private const long Day = 86_400_000;

    [Fact]
    public void EveryLimitUpToTenMillionEqualsTheExactModelForEver() =>
        Gen.Select(
            Gen.OneOf(Gen.Long[1, 20], Gen.Long[1, 5_000], Gen.Long[1, 10_000_000]),
            Gen.OneOf(Gen.Long[1_000, 5_000], Gen.OneOf(1_000L, 60_000L, 3_600_000L, Day, 30 * Day), Gen.Long[1_000, 200 * Day]),
            Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1.2]).Array[1, 200])
        .Sample((limit, durationMs, steps) => AssertEqualsModel(limit, durationMs, steps), iter: 400);

    [Theory]
    [InlineData(3, 1_000)]
    [InlineData(7, 30 * Day)]
    [InlineData(9_999_991, 1_001)]
    [InlineData(9_999_991, 30 * Day)]
    public void AwkwardLimitStaysExactOverAHundredThousandRequests(long limit, long durationMs)
    {
        ExactBucket model = new(limit, durationMs);
        ulong word = BucketTime.Fresh(Start);
        long now = Start;
        for (int i = 0; i < 100_000; i++)
        {
            now += i % 70 == 0 ? long.Min((durationMs / limit) + 1, Day / 10) : 0;
            AssertStep(model, limit, durationMs, 1 + (i % 3), now, ref word);
        }
    }

    [Fact]
    public void LimitAboveTenMillionIsNeverOverTheExactModel() =>
        Gen.Select(Gen.Long[10_000_001, long.MaxValue], Gen.Long[1_000, 400 * Day], Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1]).Array[1, 100])
        .Sample((limit, durationMs, steps) =>
        {
            BigInteger admitted = 0;
            ulong word = BucketTime.Fresh(Start);
            long now = Start;
            foreach ((double advance, double share) in steps)
            {
                now += (long)(advance * durationMs / steps.Length);
                long cost = (long)(share * limit);
                if (TokenBucket.Prepare(limit, durationMs, cost, now).TryTake(word, out ulong next))
                {
                    word = next;
                    admitted += cost;
                }

                Assert.True(admitted * durationMs <= ((BigInteger)limit * durationMs) + ((now - Start) * (BigInteger)limit));
            }
        });

    [Theory]
    [MemberData(nameof(Grid))]
    public void EvenLoadIsAdmittedToTheRequest(long limit, long durationMs, long loadTenths)
    {
        const int Windows = 50;
        long requests = Windows * limit * loadTenths / 10;
        ulong word = BucketTime.Fresh(Start);
        long admitted = 0;
        long lastMs = 0;
        for (long i = 0; i < requests; i++)
        {
            lastMs = i * durationMs * 10 / (limit * loadTenths);
            if (TokenBucket.Prepare(limit, durationMs, 1, Start + lastMs).TryTake(word, out ulong next))
            {
                word = next;
                admitted++;
            }
        }

        // At or below the limit everything passes; above it exactly the capacity and what flowed in until the last request.
        long expected = loadTenths <= 10 ? requests : limit + (long)((Int128)lastMs * limit / durationMs);
        Assert.Equal(expected, admitted);
    }

    public static TheoryData<long, long, long> Grid()
    {
        TheoryData<long, long, long> grid = [];
        foreach (long limit in new long[] { 1, 5, 100, 10_000 })
        {
            foreach (long durationMs in new long[] { 1_000, 5_000, 60_000, 3_600_000, 30 * Day })
            {
                foreach (long loadTenths in new long[] { 9, 10, 100 })
                {
                    grid.Add(limit, durationMs, loadTenths);
                }
            }
        }

        return grid;
    }

    [Fact]
    public void RemainingCountsDownAndResetIsWhenTheBucketIsFullAgain()
    {
        ulong word = BucketTime.Fresh(Start);
        Assert.Equal((true, 2L, Start + 20_000), Take(3, 60_000, 1, Start, ref word));
        Assert.Equal((true, 1L, Start + 40_000), Take(3, 60_000, 1, Start, ref word));
        Assert.Equal((true, 0L, Start + 60_000), Take(3, 60_000, 1, Start, ref word));
        Assert.Equal((false, 0L, Start + 20_000), Take(3, 60_000, 1, Start, ref word));
        Assert.Equal((false, 0L, Start + 40_000), Take(3, 60_000, 2, Start, ref word));
        Assert.Equal((false, 0L, Start + 20_000), Take(3, 60_000, 1, Start + 19_999, ref word));
        Assert.Equal((true, 0L, Start + 80_000), Take(3, 60_000, 1, Start + 20_000, ref word));
    }

    [Fact]
    public void RefusedRequestPassesAtItsResetAndNotAMillisecondBefore() =>
        Gen.Select(Gen.Long[1, 100_000], Gen.Long[1_000, 30 * Day], Gen.Long[1, 100_000]).Sample((limit, durationMs, cost) =>
        {
            cost = long.Min(cost, limit);
            ulong word = BucketTime.Fresh(Start);
            Assert.True(Take(limit, durationMs, limit, Start, ref word).Passed);
            long now = Start + (durationMs / 3);
            (bool passed, _, long reset) = Take(limit, durationMs, cost, now, ref word);
            if (!passed)
            {
                Assert.InRange(reset, now + 1, now + durationMs);
                ulong before = word;
                Assert.False(Take(limit, durationMs, cost, reset - 1, ref before).Passed);
                Assert.True(Take(limit, durationMs, cost, reset, ref word).Passed);
            }
        });

    [Fact]
    public void CostZeroOnlyLooks()
    {
        ulong word = BucketTime.Fresh(Start);
        Assert.Equal((true, 5L, Start + 1), Take(5, 60_000, 0, Start, ref word));
        Assert.Equal((true, 0L, Start + 60_000), Take(5, 60_000, 5, Start, ref word));
        ulong before = word;
        Assert.Equal((true, 0L, Start + 60_000), Take(5, 60_000, 0, Start, ref word));
        Assert.Equal(before, word);
    }

    [Theory]
    [InlineData(0, 60_000, 1)]
    [InlineData(0, 60_000, 0)]
    [InlineData(10, 60_000, 11)]
    [InlineData(10, 60_000, long.MaxValue)]
    [InlineData(long.MaxValue - 1, 60_000, long.MaxValue)]
    public void WhatCanNeverPassIsRefusedForAWholeDuration(long limit, long durationMs, long cost)
    {
        ulong word = BucketTime.Fresh(Start);
        Assert.Equal((false, 0L, Start + durationMs), Take(limit, durationMs, cost, Start, ref word));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(999)]
    [InlineData(-5)]
    public void DurationBelowASecondActsAsASecond(long durationMs)
    {
        ulong word = BucketTime.Fresh(Start);
        Assert.Equal((true, 0L, Start + 1_000), Take(1, durationMs, 1, Start, ref word));
        Assert.False(Take(1, durationMs, 1, Start + 999, ref word).Passed);
        Assert.True(Take(1, durationMs, 1, Start + 1_000, ref word).Passed);
    }

    [Theory]
    [InlineData(1, long.MaxValue, 1)]
    [InlineData(long.MaxValue, long.MaxValue, long.MaxValue)]
    [InlineData(long.MaxValue, 1_000, long.MaxValue)]
    [InlineData(long.MaxValue, 60_000, 1)]
    [InlineData(long.MaxValue - 1, long.MaxValue, 12345)]
    public void HugeNumbersSaturateInsteadOfWrapping(long limit, long durationMs, long cost)
    {
        ulong word = BucketTime.Fresh(Start);
        (bool passed, long remaining, long reset) = Take(limit, durationMs, cost, Start, ref word);
        Assert.True(passed);
        // Rounded up by less than a tick, of which the bucket has at least 10^10.
        Assert.InRange(remaining, limit - cost - (limit / 10_000_000_000), limit - cost);
        Assert.InRange(reset, Start + 1, Start + TokenBucket.EffectiveDurationMs(durationMs));
        Assert.True(word < BucketSlot.LockBit);
        Assert.False(Take(limit, durationMs, limit, Start, ref word).Passed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(long.MinValue)]
    [InlineData(BucketTime.EpochUnixMs)]
    [InlineData(4_000_000_000_000)]
    public void TimesThatAWordCannotTellApartStillCountTokens(long nowMs)
    {
        ulong word = BucketTime.Fresh(nowMs);
        Assert.True(Take(2, 60_000, 1, nowMs, ref word).Passed);
        Assert.Equal(0, Take(2, 60_000, 1, nowMs, ref word).Remaining);
        Assert.False(Take(2, 60_000, 1, nowMs, ref word).Passed);
    }

    [Fact]
    public void ChangedLimitKeepsTheUsedShare()
    {
        ulong word = BucketTime.Fresh(Start);
        Assert.Equal(5, Take(10, 60_000, 5, Start, ref word).Remaining);
        Assert.Equal(49, Take(100, 60_000, 1, Start, ref word).Remaining);
        Assert.Equal(4, Take(10, 60_000, 0, Start, ref word).Remaining);

        word = BucketTime.Fresh(Start);
        Assert.Equal(2, Take(3, 60_000, 1, Start, ref word).Remaining);
        Assert.Equal(20, Take(30, 60_000, 0, Start, ref word).Remaining);
        Assert.Equal(2, Take(3, 60_000, 0, Start, ref word).Remaining);
    }

    [Fact]
    public void ReaderWithAnOlderClockNeitherRefillsNorFailsALook()
    {
        ulong word = BucketTime.Fresh(Start);
        Assert.True(Take(10, 60_000, 10, Start, ref word).Passed);
        Assert.False(Take(10, 60_000, 1, Start - 500, ref word).Passed);
        Assert.Equal((true, 0L, Start - 500 + 60_000), Take(10, 60_000, 0, Start - 500, ref word));
    }

    [Fact]
    public void TakingMakesTheWordStrictlyGreater() =>
        Gen.Select(Gen.Long[1, long.MaxValue], Gen.Long[1, long.MaxValue], Gen.Double[0, 1], Gen.Long[0, 2_000]).Sample((limit, durationMs, share, skew) =>
        {
            ulong word = BucketTime.Fresh(Start);
            for (int i = 0; i < 20; i++)
            {
                long cost = long.Max(1, (long)(share * limit / 20));
                ulong before = word;
                bool passed = Take(limit, durationMs, cost, Start - skew, ref word).Passed;
                Assert.True(passed ? word > before : word == before);
            }
        });

    [Fact]
    public void BucketIsIdleOnlyAfterItHasBeenFullForTheLongestSkew()
    {
        ulong word = BucketTime.Fresh(Start);
        Take(1, 5_000, 1, Start, ref word);
        Assert.False(BucketTime.IsIdle(word, Start + 5_000));
        Assert.False(BucketTime.IsIdle(word, Start + 5_000 + BucketTime.ClockSkewMsMax - 1));
        Assert.True(BucketTime.IsIdle(word, Start + 5_000 + BucketTime.ClockSkewMsMax));
        Assert.True(BucketTime.Fresh(Start + 5_000 + BucketTime.ClockSkewMsMax) > word);
        Assert.True(BucketTime.IsIdle(0, long.MinValue));
    }

    private static void AssertEqualsModel(long limit, long durationMs, (double Advance, double Share)[] steps)
    {
        ExactBucket model = new(limit, durationMs);
        ulong word = BucketTime.Fresh(Start);
        long now = Start;
        foreach ((double advance, double share) in steps)
        {
            // Mostly dense, so that the bucket stays in use; sometimes a long pause.
            now += advance > 0.97 ? 2 * durationMs : (long)(advance * durationMs / 50);
            if (now > Start + (7_000 * Day))
            {
                // Near the end of what a word can tell apart.
                return;
            }

            AssertStep(model, limit, durationMs, (long)(share * share * share * limit), now, ref word);
        }
    }

    private static void AssertStep(ExactBucket model, long limit, long durationMs, long cost, long now, ref ulong word)
    {
        (bool passed, BigInteger remaining, BigInteger reset) = model.Take(cost, now);
        Assert.Equal((passed, (long)remaining, (long)reset), Take(limit, durationMs, cost, now, ref word));
    }

    private static (bool Passed, long Remaining, long ResetMs) Take(long limit, long durationMs, long cost, long now, ref ulong word)
    {
        TokenBucket request = TokenBucket.Prepare(limit, durationMs, cost, now);
        if (!request.TryTake(word, out ulong next))
        {
            return (false, 0, request.ResetWhenPassing(word));
        }

        word = next;
        return (true, request.Remaining(next), request.ResetWhenFull(next));
    }
}
