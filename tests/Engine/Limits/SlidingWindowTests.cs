using System.Numerics;
using CsCheck;
using Unkey.Engine.Limits;
using Xunit;

namespace Unkey.Engine.Tests.Limits;

/// <summary>The arithmetic of one bucket: the contract's examples, a slow model, and the promises that the table rests on.</summary>
public sealed class SlidingWindowTests
{
    private const long Minute = 60_000;
    private const long Day = 86_400_000;

    /// <summary>The start of a window of a minute.</summary>
    private const long Edge = 1_790_000_040_000;

    [Theory]
    [InlineData(0, 0, 0.0, 1, true, 9, 1)]
    [InlineData(0, 0, 0.7, 1, true, 9, 1)]
    [InlineData(9, 0, 0.5, 1, true, 0, 10)]
    [InlineData(10, 0, 0.5, 0, true, 0, 10)]
    [InlineData(10, 0, 0.5, 1, false, 0, 10)]
    [InlineData(5, 10, 0.5, 1, false, 0, 5)]
    [InlineData(5, 10, 0.99, 1, true, 4, 6)]
    [InlineData(0, 10, 0.0, 1, false, 0, 0)]
    [InlineData(0, 0, 0.5, 100, false, 0, 0)]
    public void WorkedExamplesOfTheContract(long current, long previous, double f, long cost, bool passes, long remaining, long after)
    {
        long now = Edge + (long)(f * Minute);
        BucketState state = State(Minute, now, current, previous);
        Assert.Equal((passes, remaining, Edge + Minute), Take(10, Minute, cost, now, ref state));
        Assert.Equal(State(Minute, now, after, previous), state);
        Assert.Equal(
            (passes, remaining, Edge + Minute),
            new ReferenceWindow(Minute).With(Edge / Minute, current).With((Edge / Minute) - 1, previous).Take(10, cost, now));
    }

    [Fact]
    public void ASharedCountOfNearlyTheLimitAdmitsOneMoreHalfwayThroughTheNextWindow()
    {
        long now = Edge + (Minute / 2);
        BucketState state = State(Minute, now, 160_000, 0);
        Assert.True(Take(162_000, Minute, 1_500, now, ref state).Passed);
        Assert.False(Take(162_000, Minute, 1_500, now, ref state).Passed);
    }

    /// <summary>Bit for bit: pass, remaining and reset of any sequence of requests, also when limits change between them.</summary>
    [Fact]
    public void EverySequenceEqualsTheReference() =>
        Gen.Select(
            Gen.OneOf(Gen.Long[1, 20], Gen.Long[1, 5_000], Gen.Long[1, 9_999_999_998]),
            Gen.OneOf(Gen.Long[1_000, 5_000], Gen.OneOf(1_000L, Minute, 60 * Minute, Day, 30 * Day), Gen.Long[1_000, 366 * Day]),
            Gen.Select(Gen.Int[0, 9], Gen.Double[0, 1], Gen.Double[0, 1.1], Gen.Int[0, 5]).Array[1, 200])
        .Sample((limit, durationMs, steps) =>
        {
            ReferenceWindow reference = new(durationMs);
            BucketState state = Fresh(Edge);
            long now = Edge;
            foreach ((int kind, double advance, double share, int change) in steps)
            {
                now = kind switch
                {
                    // Exactly onto an edge, one millisecond before it, over one window, over all that counts; mostly dense.
                    0 => ((now / durationMs) + 1) * durationMs,
                    1 => long.Max(now, (((now / durationMs) + 1) * durationMs) - 1),
                    2 => now + durationMs,
                    3 when advance > 0.7 => now + (3 * durationMs),
                    _ => now + (long)(advance * durationMs / 20),
                };
                if (now > Edge + (7_000 * Day))
                {
                    // Near the end of what a word can tell apart.
                    return;
                }

                long asked = change == 0 ? long.Max(1, limit / 2) : limit;
                long cost = share > 1 ? asked + 1 : (long)(share * share * share * asked);
                Assert.Equal(reference.Take(asked, cost, now), Take(asked, durationMs, cost, now, ref state));
            }
        }, iter: 500);

    [Fact]
    public void CountsUpToTheGreatestExactLimitAreCountedToTheLastOne()
    {
        foreach (long durationMs in new[] { 1_000, Minute, 30 * Day, SlidingWindow.DurationMsMax })
        {
            long limit = SlidingWindow.LimitMax(durationMs);
            Assert.Equal((durationMs * 10_000_000) - 2, limit);
            long now = (Edge / durationMs * durationMs) + (durationMs / 3);
            ReferenceWindow reference = new(durationMs);
            BucketState state = Fresh(now);
            foreach (long cost in new[] { 1, limit - 3, 1, 1, 1, 0 })
            {
                Assert.Equal(reference.Take(limit, cost, now), Take(limit, durationMs, cost, now, ref state));
            }

            now += durationMs;
            foreach (long cost in new[] { limit / 2, limit / 3, 1, 0, limit })
            {
                Assert.Equal(reference.Take(limit, cost, now), Take(limit, durationMs, cost, now, ref state));
            }
        }
    }

    [Fact]
    public void AGreaterLimitNeverAdmitsMoreThanTheLimitItselfWould() =>
        Gen.Select(Gen.Long[1, long.MaxValue], Gen.Long[1_000, 400 * Day], Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1]).Array[1, 100])
        .Sample((limit, durationMs, steps) =>
        {
            BucketState state = Fresh(Edge);
            BigInteger inWindow = 0;
            long now = Edge;
            long reset = 0;
            foreach ((double advance, double share) in steps)
            {
                now += (long)(advance * advance * durationMs / 4);
                long cost = (long)(share * share * limit);
                (bool passed, long remaining, long resetMs) = Take(limit, durationMs, cost, now, ref state);
                inWindow = (resetMs == reset ? inWindow : 0) + (passed ? cost : 0);
                reset = resetMs;
                Assert.True(inWindow <= limit, $"{inWindow} of {limit}");
                Assert.InRange(remaining, 0, limit);
                Assert.InRange(resetMs, now + 1, now + SlidingWindow.EffectiveDurationMs(durationMs));
            }
        });

    [Theory]
    [InlineData(1, long.MaxValue, 1)]
    [InlineData(long.MaxValue, long.MaxValue, long.MaxValue)]
    [InlineData(long.MaxValue, 1_000, long.MaxValue)]
    [InlineData(long.MaxValue, Minute, 1)]
    [InlineData(long.MaxValue, 1_000, 9_999_999_998)]
    public void HugeNumbersSaturateInsteadOfWrapping(long limit, long durationMs, long cost)
    {
        BucketState state = Fresh(Edge);
        long acting = long.Min(limit, SlidingWindow.LimitMax(durationMs));
        (bool passed, long remaining, long reset) = Take(limit, durationMs, cost, Edge, ref state);
        Assert.Equal(cost <= acting, passed);
        Assert.Equal(passed ? acting - cost : 0, remaining);
        Assert.InRange(reset, Edge + 1, Edge + SlidingWindow.EffectiveDurationMs(durationMs));
        Assert.True(state.Word < BucketSlot.LockBit);
        BucketState before = state;
        Assert.False(Take(limit, durationMs, long.MaxValue, Edge, ref state).Passed);
        Assert.Equal(before, state);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 0)]
    [InlineData(-1, 0)]
    [InlineData(10, 11)]
    [InlineData(10, long.MaxValue)]
    public void WhatCanNeverPassIsRefused(long limit, long cost)
    {
        BucketState state = Fresh(Edge);
        Assert.Equal((false, 0L, Edge + Minute), Take(limit, Minute, cost, Edge, ref state));
    }

    [Fact]
    public void CostZeroStillPassesWhenAllIsTakenAndNotWhenMoreIs()
    {
        BucketState state = State(Minute, Edge, 10, 0);
        Assert.Equal((true, 0L), Take(10, Minute, 0, Edge));
        Assert.Equal((false, 0L), Take(9, Minute, 0, Edge));

        (bool, long) Take(long limit, long durationMs, long cost, long now)
        {
            BucketState copy = state;
            (bool passed, long remaining, _) = SlidingWindowTests.Take(limit, durationMs, cost, now, ref copy);
            Assert.Equal(state, copy);
            return (passed, remaining);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(999)]
    [InlineData(-5)]
    public void DurationBelowASecondActsAsASecond(long durationMs)
    {
        BucketState state = Fresh(Edge);
        Assert.Equal((true, 0L, Edge + 1_000), Take(1, durationMs, 1, Edge, ref state));
        Assert.False(Take(1, durationMs, 1, Edge + 999, ref state).Passed);
        Assert.True(Take(1, durationMs, 1, Edge + 2_000, ref state).Passed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-86_400_000)]
    [InlineData(BucketTime.EpochUnixMs)]
    [InlineData(BucketTime.EpochUnixMs - 1)]
    [InlineData(4_000_000_000_000)]
    public void TimesThatAWordCannotTellApartStillCount(long nowMs)
    {
        foreach (long durationMs in new[] { 1_000, Minute, 30 * Day, SlidingWindow.DurationMsMax })
        {
            BucketState state = Fresh(nowMs);
            (bool passed, long remaining, long reset) = Take(2, durationMs, 1, nowMs, ref state);
            Assert.Equal((true, 1L), (passed, remaining));
            Assert.InRange(reset, nowMs + 1, nowMs + durationMs);
            Assert.Equal(0, Take(2, durationMs, 1, nowMs, ref state).Remaining);
            Assert.False(Take(2, durationMs, 1, nowMs, ref state).Passed);
            Assert.True(BucketTime.IsPossible(state.Word, nowMs));
        }
    }

    /// <summary>A thread whose clock reads a little earlier, in the window before the one that the bucket is in: nothing more is admitted.</summary>
    [Fact]
    public void ReaderWithAnOlderClockAdmitsNothingTwice()
    {
        BucketState state = State(Minute, Edge - 1, 6, 0);
        Assert.Equal((false, 0L), Shorten(Take(10, Minute, 5, Edge, ref state)));
        Assert.Equal((true, 0L), Shorten(Take(10, Minute, 4, Edge, ref state)));

        // The bucket is in the new window now, six of the old one and four of its own.
        Assert.Equal((false, 0L, Edge), Take(10, Minute, 1, Edge - 1, ref state));
        Assert.Equal((true, 0L, Edge), Take(10, Minute, 0, Edge - 1, ref state));
        BucketState before = state;
        Assert.Equal((true, 0L, Edge), Take(11, Minute, 1, Edge - 1, ref state));
        Assert.True(state.Word > before.Word);
        Assert.Equal((false, 0L), Shorten(Take(10, Minute, 0, Edge, ref state)));
    }

    [Fact]
    public void ChangedLimitKeepsTheCount()
    {
        BucketState state = Fresh(Edge);
        Assert.Equal(5, Take(10, Minute, 5, Edge, ref state).Remaining);
        Assert.Equal(94, Take(100, Minute, 1, Edge, ref state).Remaining);
        Assert.Equal(4, Take(10, Minute, 0, Edge, ref state).Remaining);
    }

    [Fact]
    public void TakingMakesTheWordStrictlyGreater() =>
        Gen.Select(Gen.Long[1, long.MaxValue], Gen.Long[1, 400 * Day], Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1]).Array[1, 50])
        .Sample((limit, durationMs, steps) =>
        {
            BucketState state = Fresh(Edge);
            long now = Edge;
            foreach ((double advance, double share) in steps)
            {
                now += (long)(advance * durationMs);
                long skewed = now - (long)(share * BucketTime.ClockSkewMsMax);
                BucketState before = state;
                bool passed = Take(limit, durationMs, long.Max(1, (long)(share * limit / 5)), skewed, ref state).Passed;
                Assert.True(passed ? state.Word > before.Word : state == before);
                Assert.True(passed || state.Spare == before.Spare);
                Assert.True(BucketTime.IsPossible(state.Word, now));
            }
        });

    /// <summary>What a table forgets must say nothing, and must not be forgotten before.</summary>
    [Fact]
    public void BucketIsIdleOnlyWhenItSaysTheSameAsAFreshOne() =>
        Gen.Select(Gen.Long[1_000, 366 * Day], Gen.Long[1, 9_999_999_998], Gen.Double[0, 1], Gen.Double[0, 4]).Sample((durationMs, count, at, wait) =>
        {
            long taken = Edge + (long)(at * durationMs);
            BucketState state = Fresh(taken);
            Assert.True(Take(count, durationMs, count, taken, ref state).Passed);
            long now = taken + (long)(wait * durationMs);
            bool idle = BucketTime.IsIdle(state.Word, now);
            long saysNothingAt = ((taken / durationMs) + 2) * durationMs;
            Assert.False(idle && now < saysNothingAt + BucketTime.ClockSkewMsMax);

            // Late by a tick for each token.
            Assert.True(idle || now < saysNothingAt + BucketTime.ClockSkewMsMax + 1_000);
            if (idle)
            {
                BucketState fresh = Fresh(now);
                Assert.True(fresh.Word > state.Word);
                Assert.Equal(Take(count, durationMs, 1, now, ref fresh), Take(count, durationMs, 1, now, ref state));
            }
        });

    /// <summary>
    /// The contract's accuracy: evenly spaced requests over 50 windows, in the middle of their slots. At or below the limit hardly anybody is
    /// refused, above it the limit is neither exceeded nor missed by much.
    /// </summary>
    [Theory]
    [InlineData(5, 1_000, 9)]
    [InlineData(5, 1_000, 10)]
    [InlineData(5, 1_000, 100)]
    [InlineData(5, 5_000, 9)]
    [InlineData(5, 5_000, 10)]
    [InlineData(5, 5_000, 100)]
    [InlineData(100, 1_000, 9)]
    [InlineData(100, 1_000, 10)]
    [InlineData(100, 1_000, 100)]
    [InlineData(100, 5_000, 9)]
    [InlineData(100, 5_000, 10)]
    [InlineData(100, 5_000, 100)]
    public void EvenLoadIsAdmittedAsAccuratelyAsTheContractPromises(long limit, long durationMs, long loadTenths)
    {
        const int Windows = 50;
        long requests = Windows * limit * loadTenths / 10;
        BucketState state = Fresh(Edge);
        ReferenceWindow reference = new(durationMs);
        long admitted = 0;
        for (long i = 0; i < requests; i++)
        {
            long now = Edge + (((2 * i) + 1) * durationMs * 5 / (limit * loadTenths));
            (bool passed, long remaining, long reset) = Take(limit, durationMs, 1, now, ref state);
            Assert.Equal(reference.Take(limit, 1, now), (passed, remaining, reset));
            admitted += passed ? 1 : 0;
        }

        long most = long.Min(Windows * limit, requests);
        Assert.InRange(admitted, most * 95 / 100, most * 120 / 100);
        Assert.True(loadTenths > 10 || admitted >= requests * 95 / 100);
    }

    /// <summary>The state of a bucket with these counts in the window of a time and in the one before.</summary>
    private static BucketState State(long durationMs, long nowMs, long current, long previous)
    {
        BucketState state = Fresh(nowMs - durationMs);
        Assert.True(previous == 0 || Take(long.MaxValue, durationMs, previous, nowMs - durationMs, ref state).Passed);
        Assert.True(current == 0 || Take(long.MaxValue, durationMs, current, nowMs, ref state).Passed);
        return state;
    }

    private static BucketState Fresh(long nowMs) => new(BucketTime.Fresh(nowMs), 0);

    private static (bool Passed, long Remaining) Shorten((bool Passed, long Remaining, long ResetMs) taken) => (taken.Passed, taken.Remaining);

    private static (bool Passed, long Remaining, long ResetMs) Take(long limit, long durationMs, long cost, long now, ref BucketState state) =>
        Take(SlidingWindow.Prepare(limit, durationMs, cost, now), ref state);

    private static (bool Passed, long Remaining, long ResetMs) Take<TAlgorithm>(TAlgorithm request, ref BucketState state)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        if (!request.TryTake(state, out BucketState next))
        {
            return (false, 0, request.RefusedResetMs(state));
        }

        state = next;
        (long remaining, long reset) = request.Passed(next);
        return (true, remaining, reset);
    }
}
