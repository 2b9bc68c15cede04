using System;
using System.Collections.Generic;
using System.Linq;
using CsCheck;
using Unkey.Server.Events;
using Xunit;

namespace Unkey.Server.Tests.Events;

public sealed class DeliveryOrderTests
{
    private static readonly DeliveryPauses s_pauses = new();

    [Fact]
    public void ALongAttemptOfASuspectIsFollowedByATenTimesLongerPause()
    {
        DeliveryOrder order = new(s_pauses);
        order.Add(1);
        order.Add(2);
        Assert.Equal(2, order.Next(TimeSpan.Zero, isLast: false));
        Assert.Equal(0, order.Failed(2, TimeSpan.Zero, TimeSpan.FromSeconds(30)));
        Assert.Equal(1, order.Next(TimeSpan.Zero, isLast: false));
        order.Delivered(1);
        Assert.Equal(2, order.Next(TimeSpan.Zero, isLast: false));
        Assert.Equal(1, order.Failed(2, TimeSpan.Zero, TimeSpan.FromSeconds(30)));
        Assert.Null(order.Next(TimeSpan.FromSeconds(299), isLast: false));
        Assert.Equal(TimeSpan.FromSeconds(300), order.NextDue());
        Assert.Equal(2, order.Next(TimeSpan.FromSeconds(300), isLast: false));
        Assert.Null(order.Next(TimeSpan.FromSeconds(300), isLast: true));
    }

    [Fact]
    public void TheUsualSuspectIsGivenUpAfterMinutesNotSeconds()
    {
        TimeSpan total = TimeSpan.Zero;
        for (int failures = 1; failures < s_pauses.BatchAttemptsMax; failures++)
        {
            total += s_pauses.OfBatch(failures, TimeSpan.Zero);
        }

        Assert.InRange(total, TimeSpan.FromMinutes(8), TimeSpan.FromMinutes(10));
    }

    [Fact]
    public void OneFailureSaysNothingTwoOfDifferentBatchesDo()
    {
        DeliveryOrder order = new(s_pauses);
        order.Add(1);
        order.Add(2);
        Fail(order);
        Assert.False(order.IsSinkDown);
        Fail(order);
        Assert.True(order.IsSinkDown);
        order.Delivered(order.Next(TimeSpan.Zero, isLast: false)!.Value);
        Assert.False(order.IsSinkDown);
    }

    [Fact]
    public void ABatchAloneMakesTheSinkDownByFailingSeveralTimes()
    {
        DeliveryOrder order = new(s_pauses);
        order.Add(1);
        for (int i = 0; i < 4; i++)
        {
            Fail(order);
            Assert.False(order.IsSinkDown);
        }

        Fail(order);
        Assert.True(order.IsSinkDown);
    }

    /// <summary>Whatever fails, and in whatever order batches come: each is delivered or given up in the end, and only what never works is given up.</summary>
    [Fact]
    public void EveryBatchIsDeliveredOrGivenUpAndOnlyPoisonIsGivenUp() =>
        Gen.Select(Gen.Int[0, 3].Array[1, 40], Gen.Int[0, int.MaxValue]).Sample(
            (kinds, seed) =>
            {
                // 0: poison. Others fail now and then, a third of the time at most.
                Random random = new(seed);
                DeliveryOrder order = new(s_pauses);
                TimeSpan now = TimeSpan.Zero;
                HashSet<long> open = [];
                HashSet<long> givenUp = [];
                int added = 0;
                for (int step = 0; step < 20_000; step++)
                {
                    // After the given ones, sound ones come for as long as it takes.
                    if (added < kinds.Length || (open.Count > 0 && random.Next(4) == 0))
                    {
                        order.Add(added);
                        open.Add(added);
                        added++;
                    }

                    if (order.Next(now, isLast: false) is not { } number)
                    {
                        if (open.Count == 0)
                        {
                            break;
                        }

                        now += TimeSpan.FromSeconds(1);
                        continue;
                    }

                    if (!open.Contains(number))
                    {
                        return false;
                    }

                    bool isPoison = number < kinds.Length && kinds[number] == 0;
                    if (!isPoison && random.Next(3) != 0)
                    {
                        order.Delivered(number);
                        open.Remove(number);
                    }
                    else if (order.Failed(number, now, TimeSpan.Zero) >= (isPoison ? s_pauses.BatchAttemptsMax : int.MaxValue))
                    {
                        order.Forget(number);
                        open.Remove(number);
                        givenUp.Add(number);
                    }
                }

                return open.Count == 0 && givenUp.Count == kinds.Count(static kind => kind == 0);
            },
            iter: 200);

    private static void Fail(DeliveryOrder order) => order.Failed(order.Next(TimeSpan.Zero, isLast: false)!.Value, TimeSpan.Zero, TimeSpan.Zero);
}
