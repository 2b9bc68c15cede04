using System;
using System.Globalization;
using System.Numerics;
using System.Text;
using CsCheck;
using Unkey.Engine.Limits;
using Xunit;

namespace Unkey.Engine.Tests.Limits;

/// <summary>Sliding windows in the table: batches as the contract has them, both algorithms side by side, slots that change owners, copies.</summary>
public sealed unsafe class SlidingWindowTableTests : IDisposable
{
    private const long Minute = 60_000;
    private const long Hour = 60 * Minute;

    /// <summary>The start of a window of a day.</summary>
    private const long Start = 1_790_035_200_000;

    private readonly KeyedHash _hash = KeyedHash.CreateRandom();
    private readonly BucketTable _table = new(1024);

    public void Dispose() => _table.Dispose();

    [Fact]
    public void WindowsFollowEachOther()
    {
        BucketTake take = Ask("a", 10, cost: 8);
        Assert.True(_table.Take(ref take, Start));
        Assert.Equal((true, 2L, Start + Minute), (take.Passed, take.Remaining, take.ResetMs));
        Assert.False(_table.Take(ref take, Start + Minute));
        Assert.Equal((false, 0L, Start + (2 * Minute)), (take.Passed, take.Remaining, take.ResetMs));

        // At three quarters of the next window two of the eight still count.
        Assert.True(_table.Take(ref take, Start + Minute + 45_000));
        Assert.Equal(0, take.Remaining);
        Assert.True(_table.Take(ref take, Start + (10 * Minute)));
        Assert.Equal((2L, 1L), (take.Remaining, _table.Inserted));
    }

    [Fact]
    public void RefusedEntryOfABatchLeavesEveryCounterAsItWas()
    {
        Fill("b", 9);
        BucketTake[] batch = [Ask("a", 10), Ask("b", 10, cost: 5)];
        Assert.False(_table.TakeAll(batch, Start));
        Assert.Equal((true, 10L, Start + Minute), (batch[0].Passed, batch[0].Remaining, batch[0].ResetMs));
        Assert.Equal((false, 0L, Start + Minute), (batch[1].Passed, batch[1].Remaining, batch[1].ResetMs));
        Assert.Equal((10L, 1L), (Left("a", 10), Left("b", 10)));
    }

    [Fact]
    public void DayAndHourAreReportedAsThoughTheRefusedRequestHadNotHappened()
    {
        Fill("day", 8, 24 * Hour);
        Fill("hour", 8, Hour);
        BucketTake[] look = [Ask("day", 10, 24 * Hour, 0), Ask("hour", 20, Hour, 0)];
        Assert.True(_table.TakeAll(look, Start));
        Assert.Equal((2L, 12L), (look[0].Remaining, look[1].Remaining));

        BucketTake[] batch = [Ask("day", 10, 24 * Hour, 3), Ask("hour", 20, Hour, 3)];
        Assert.False(_table.TakeAll(batch, Start));
        Assert.Equal((false, 0L), (batch[0].Passed, batch[0].Remaining));
        Assert.Equal((true, 12L), (batch[1].Passed, batch[1].Remaining));
    }

    [Fact]
    public void BatchThatOnlyLooksAtFreshCountersReportsTheLimits()
    {
        BucketTake[] batch = [Ask("a", 10, cost: 0), Ask("b", 20, cost: 0)];
        Assert.True(_table.TakeAll(batch, Start));
        Assert.Equal((10L, 20L), (batch[0].Remaining, batch[1].Remaining));
    }

    [Fact]
    public void SameCounterTwiceAccumulatesInOrder()
    {
        BucketTake[] batch = [Ask("a", 2), Ask("a", 2)];
        Assert.True(_table.TakeAll(batch, Start));
        Assert.Equal((1L, 0L), (batch[0].Remaining, batch[1].Remaining));

        batch = [Ask("b", 1), Ask("b", 1)];
        Assert.False(_table.TakeAll(batch, Start));
        Assert.Equal((true, false), (batch[0].Passed, batch[1].Passed));
        Assert.Equal(1, Left("b", 1));

        // A refused entry counts on, also when its cost is more than a slot can say.
        batch = [Ask("c", 3, cost: long.MaxValue), Ask("c", 3, cost: 0)];
        Assert.False(_table.TakeAll(batch, Start));
        Assert.Equal((false, false), (batch[0].Passed, batch[1].Passed));
        Assert.Equal(3, Left("c", 3));
    }

    /// <summary>
    /// Batches that roll a window over and are undone: the word is put back, and with it the second word must be the one it had. Otherwise a
    /// reader that was between the two would weigh a window that never was.
    /// </summary>
    [Fact]
    public void UndoneBatchInANewWindowLeavesTheOldOne()
    {
        Fill("a", 8);
        BucketTake[] batch = [Ask("a", 10), Ask("a", 10), Ask("b", 1, cost: 2)];
        BucketSlot before = *_table.Find(batch[0].Key);
        Assert.False(_table.TakeAll(batch, Start + Minute + 30_000));
        Assert.Equal((5L + 1, 4L + 1), (batch[0].Remaining, batch[1].Remaining));
        BucketSlot after = *_table.Find(batch[0].Key);
        Assert.Equal((before.Word, before.Spare), (after.Word, after.Spare));
        Assert.True(_table.TakeAll(batch.AsSpan(0, 2), Start + Minute + 30_000));
        Assert.Equal((5L, 4L), (batch[0].Remaining, batch[1].Remaining));
        Assert.Equal(8UL, _table.Find(batch[0].Key)->Spare);
    }

    [Fact]
    public void TheAlgorithmIsPartOfTheBucketsIdentity()
    {
        BucketTake window = Ask("a", 10, cost: 10);
        BucketTake tokens = window with { Algorithm = LimitAlgorithm.TokenBucket };
        tokens.Key = BucketKey.OfNamespaceLimit(_hash, LimitAlgorithm.TokenBucket, "ns"u8, "a"u8, Minute);
        Assert.NotEqual(window.Key, tokens.Key);
        Assert.True(_table.Take(ref window, Start));
        Assert.True(_table.Take(ref tokens, Start));
        Assert.Equal((0L, Start + Minute, 0L, Start + Minute), (window.Remaining, window.ResetMs, tokens.Remaining, tokens.ResetMs));
        Assert.NotEqual(
            BucketKey.OfKeyLimit(_hash, LimitAlgorithm.SlidingWindow, "k"u8, "n"u8, Minute),
            BucketKey.OfKeyLimit(_hash, LimitAlgorithm.TokenBucket, "k"u8, "n"u8, Minute));
    }

    [Fact]
    public void BatchOfBothAlgorithmsIsAllOrNothing()
    {
        BucketTake[] batch = [Ask("w", 2), Ask("t", 3, algorithm: LimitAlgorithm.TokenBucket)];
        Assert.True(_table.TakeAll(batch, Start));
        Assert.Equal((1L, Start + Minute, 2L, Start + 20_000), (batch[0].Remaining, batch[0].ResetMs, batch[1].Remaining, batch[1].ResetMs));

        BucketTake[] windowFails = [Ask("w", 2, cost: 2), Ask("t", 3, algorithm: LimitAlgorithm.TokenBucket)];
        Assert.False(_table.TakeAll(windowFails, Start));
        Assert.Equal((false, true, 2L), (windowFails[0].Passed, windowFails[1].Passed, windowFails[1].Remaining));

        BucketTake[] tokensFail = [Ask("w", 2), Ask("t", 3, cost: 3, algorithm: LimitAlgorithm.TokenBucket)];
        Assert.False(_table.TakeAll(tokensFail, Start));
        Assert.Equal((true, 1L, false), (tokensFail[0].Passed, tokensFail[0].Remaining, tokensFail[1].Passed));

        Assert.True(_table.TakeAll(batch, Start));
        Assert.Equal((0L, 1L), (batch[0].Remaining, batch[1].Remaining));
    }

    /// <summary>Any order of single and several takes on a few buckets, over the edges of their windows, bit for bit.</summary>
    [Fact]
    public void AnySequenceOfBatchesEqualsTheReference() =>
        Gen.Select(Gen.Int[0, 3], Gen.Long[0, 4]).Array[1, 6].Select(Gen.Int[0, 9], Gen.Long[0, 700]).Array[1, 60].Sample(batches =>
        {
            using BucketTable table = new(64);
            ReferenceWindow[] references = [new(1_000), new(1_300), new(1_700), new(2_000)];
            long now = Start;
            foreach (((int Bucket, long Cost)[] entries, int kind, long advance) in batches)
            {
                now = kind == 0 ? ((now / 1_000) + 1) * 1_000 : now + advance;
                BucketTake[] takes = Array.ConvertAll(
                    entries, e => Ask("bucket" + e.Bucket.ToString(CultureInfo.InvariantCulture), e.Bucket + 2, references[e.Bucket].DurationMs, e.Cost));
                (bool Passed, BigInteger Remaining, long ResetMs)[] expected = ReferenceWindow.TakeAll(
                    Array.ConvertAll(entries, e => (references[e.Bucket], (BigInteger)(e.Bucket + 2), (BigInteger)e.Cost)), now);

                Assert.Equal(Array.TrueForAll(expected, e => e.Passed), table.TakeAll(takes, now));
                Assert.Equal(expected, Array.ConvertAll(takes, t => (t.Passed, (BigInteger)t.Remaining, t.ResetMs)));
            }
        });

    /// <summary>A thread that looked its slot up and was held up while the slot went to somebody else, who has a window of its own there.</summary>
    [Fact]
    public void SlotThatChangedItsOwnerAfterTheLookUpIsNotTakenFrom()
    {
        Fill("mine", 1, 1_000);
        BucketTake mine = Ask("mine", 1, 1_000);
        BucketSlot* slot = _table.Find(mine.Key);
        long now = Start + 20_000;
        BucketTake theirs = Ask("theirs", 2, 10_000);
        using (BucketTable other = new(16))
        {
            Assert.True(other.Take(ref theirs, now));
            BucketSlot* made = other.Find(theirs.Key);
            (slot->KeyLow, slot->KeyHigh, slot->Word, slot->Spare) = (made->KeyLow, made->KeyHigh, made->Word, 7);
        }

        BucketSlot before = *slot;
        Assert.True(_table.Take<SlidingWindow>(ref mine, slot, now));
        Assert.False(_table.Take<SlidingWindow>(ref mine, slot, now));
        mine.Slot = (nint)slot;
        BucketTake[] batch = [mine];
        Assert.False(_table.TryTakeAll(batch, now, out _));
        Assert.Equal((before.Word, before.Spare), (slot->Word, slot->Spare));
    }

    [Fact]
    public void NewOwnerOfASlotBeginsWithoutThePreviousWindowOfTheOldOne()
    {
        using BucketTable table = new(16);
        for (int round = 0; round < 6; round++)
        {
            long now = Start + (round * 10_000);
            for (int i = 0; i < 16; i++)
            {
                // Two windows each, so that every slot has a second word when it is given away.
                BucketTake take = Ask($"{round}.{i}", 3, 1_000);
                Assert.True(table.Take(ref take, now));
                Assert.Equal(2, take.Remaining);
                Assert.True(table.Take(ref take, now + 1_500));
                Assert.Equal(2, take.Remaining);
                Assert.Equal(1UL, table.Find(take.Key)->Spare);
            }
        }

        Assert.Equal((16, 80), (table.Inserted, table.Reused));
    }

    [Fact]
    public void CopiedTableGoesOnInTheMiddleOfItsWindows()
    {
        long now = Start + Minute + 15_000;
        for (int i = 0; i < 50; i++)
        {
            BucketTake take = Ask("id" + i, 100, cost: 40);
            Assert.True(_table.Take(ref take, Start));
            Assert.True(_table.Take(ref take, now));
            Assert.Equal(100 - 40 - 30, take.Remaining);
        }

        using BucketTable after = new(1024);
        byte[] page = new byte[BucketTable.PageBytes];
        for (int p = _table.NextChangedPage(0); p >= 0; p = _table.NextChangedPage(p + 1))
        {
            Assert.True(_table.TryCopyPage(p, page));
            after.RestorePage(page, p, samePlaces: p % 2 == 0, now);
        }

        Assert.Equal(50, after.CountActive(now));
        for (int i = 0; i < 50; i++)
        {
            BucketTake look = Ask("id" + i, 100, cost: 0);
            Assert.True(after.Take(ref look, now));
            Assert.Equal((30, Start + (2 * Minute)), (look.Remaining, look.ResetMs));
        }
    }

    private BucketTake Ask(
        string name, long limit, long durationMs = Minute, long cost = 1, LimitAlgorithm algorithm = LimitAlgorithm.SlidingWindow) => new()
        {
            Key = BucketKey.OfNamespaceLimit(_hash, algorithm, "ns"u8, Encoding.UTF8.GetBytes(name), durationMs),
            Algorithm = algorithm,
            Limit = limit,
            DurationMs = durationMs,
            Cost = cost,
        };

    private void Fill(string name, long cost, long durationMs = Minute)
    {
        BucketTake take = Ask(name, cost, durationMs, cost);
        Assert.True(_table.Take(ref take, Start));
    }

    private long Left(string name, long limit)
    {
        BucketTake look = Ask(name, limit, cost: 0);
        Assert.True(_table.Take(ref look, Start));
        return look.Remaining;
    }
}
