using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using CsCheck;
using Unkey.Engine.Limits;
using Xunit;

namespace Unkey.Engine.Tests.Limits;

/// <summary>Which pages a take marks, what a copy holds, and what a table restored from it admits.</summary>
public sealed unsafe class BucketPagesTests : IDisposable
{
    private const long Start = 1_790_000_000_000;
    private const long Minute = 60_000;

    private readonly KeyedHash _hash = KeyedHash.CreateRandom();
    private readonly BucketTable _table = new(1024);

    public void Dispose() => _table.Dispose();

    [Fact]
    public void TableOfAnySizeHasWholePages()
    {
        Assert.Equal(1024 * BucketTable.SlotBytes / BucketTable.PageBytes, _table.PageCount);
        using BucketTable small = new(16);
        Assert.Equal(1, small.PageCount);
        BucketTake take = Ask("a");
        Assert.True(small.Take(ref take, Start));
        byte[] page = new byte[BucketTable.PageBytes];
        page.AsSpan().Fill(0xFF);
        Assert.True(small.TryCopyPage(0, page));
        Assert.False(page.AsSpan(16 * BucketTable.SlotBytes).ContainsAnyExcept((byte)0));
        Assert.True(page.AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void OnlyATakeMarksItsPage()
    {
        BucketTake look = Ask("a", cost: 0);
        Assert.True(_table.Take(ref look, Start));
        BucketTake tooMuch = Ask("a", cost: 11);
        Assert.False(_table.Take(ref tooMuch, Start));
        Assert.Equal(-1, _table.NextChangedPage(0));

        BucketTake take = Ask("a");
        Assert.True(_table.Take(ref take, Start));
        int page = PageOf("a");
        Assert.Equal([page], Changed());
        Assert.Equal([page], Copy(_table, []));
        Assert.Empty(Changed());

        Assert.True(_table.Take(ref look, Start));
        Assert.False(_table.Take(ref tooMuch, Start));
        Assert.Empty(Changed());
        Assert.True(_table.Take(ref take, Start));
        Assert.Equal([page], Changed());
    }

    [Fact]
    public void BatchMarksWhatItTookFromAndAnUndoneOneNothing()
    {
        BucketTake[] batch = [Ask("a"), Ask("b"), Ask("c", cost: 0)];
        Assert.True(_table.TakeAll(batch, Start));
        Copy(_table, []);
        BucketTake[] undone = [Ask("a"), Ask("b", cost: 10)];
        Assert.False(_table.TakeAll(undone, Start));
        Assert.Empty(Changed());
        Assert.True(_table.TakeAll(batch, Start));
        Assert.Equal(new SortedSet<int> { PageOf("a"), PageOf("b") }, new SortedSet<int>(Changed()));
    }

    [Fact]
    public void PageWithALockedSlotWaitsForTheNextPass()
    {
        BucketTake take = Ask("a");
        Assert.True(_table.Take(ref take, Start));
        BucketSlot* slot = _table.Find(take.Key);
        slot->Word |= BucketSlot.LockBit;
        byte[] page = new byte[BucketTable.PageBytes];
        Assert.False(_table.TryCopyPage(PageOf("a"), page));
        Assert.Equal([PageOf("a")], Changed());
        slot->Word &= ~BucketSlot.LockBit;
        Assert.True(_table.TryCopyPage(PageOf("a"), page));
        Assert.Empty(Changed());
    }

    [Fact]
    public void PageWhoseCopyDidNotArriveIsMarkedAgain()
    {
        Assert.Empty(Changed());
        _table.MarkUsedPages();
        Assert.Empty(Changed());
        BucketTake take = Ask("a");
        Assert.True(_table.Take(ref take, Start));
        Copy(_table, []);
        _table.MarkPage(PageOf("a"));
        Assert.Equal([PageOf("a")], Copy(_table, []));
        _table.MarkUsedPages();
        Assert.Equal([PageOf("a")], Changed());
    }

    /// <summary>Any takes, copied at any points, restored into a table of the same or another size: every bucket goes on where the copy found it.</summary>
    [Fact]
    public void RestoredTableGoesOnWhereTheCopyStopped() =>
        Gen.Select(
            Gen.Select(Gen.Int[0, 60], Gen.Long[0, 4], Gen.Int[0, 9], Gen.Long[0, 900]).Array[1, 200],
            Gen.OneOf(256, 1024, 4096),
            Gen.Long[0, 70_000])
        .Sample((steps, capacity, downMs) =>
        {
            using BucketTable before = new(1024);
            SortedDictionary<int, byte[]> image = [];
            long now = Start;
            foreach ((int bucket, long cost, int copy, long advance) in steps)
            {
                now += advance;
                BucketTake[] takes = [Ask(bucket, cost), Ask(bucket / 2, cost / 2)];
                before.TakeAll(takes.AsSpan(0, bucket % 2 + 1), now);
                if (copy == 0)
                {
                    Copy(before, image);
                }
            }

            Copy(before, image);
            now += downMs;
            using BucketTable after = new(capacity);
            BucketRestore restored = Restore(after, image, capacity == 1024, now);
            Assert.Equal((0, 0), (restored.WithoutRoom, restored.Damaged));
            Assert.Equal(before.CountActive(now), restored.Restored);
            Assert.Equal(before.CountActive(now), after.CountActive(now));
            Assert.Equal(capacity == 1024 || restored.Restored == 0, after.NextChangedPage(0) < 0);
            for (int bucket = 0; bucket <= 60; bucket++)
            {
                BucketTake expected = Ask(bucket, 0);
                BucketTake actual = Ask(bucket, 0);
                before.Take(ref expected, now);
                after.Take(ref actual, now);
                Assert.Equal((expected.Remaining, expected.ResetMs), (actual.Remaining, actual.ResetMs));
            }
        });

    [Fact]
    public void SmallerTableKeepsWhatFindsRoomAndCountsTheRest()
    {
        int admitted = 0;
        for (int i = 0; i < 800; i++)
        {
            BucketTake take = Ask(i, 1);
            admitted += _table.Take(ref take, Start) ? 1 : 0;
        }

        SortedDictionary<int, byte[]> image = [];
        Copy(_table, image);
        using BucketTable small = new(64);
        BucketRestore restored = Restore(small, image, samePlaces: false, Start);
        Assert.Equal(64, restored.Restored);
        Assert.Equal(admitted - 64, restored.WithoutRoom);
        Assert.Equal(64, small.CountActive(Start));
    }

    [Fact]
    public void BucketThatFilledUpWhileTheServerWasDownIsDropped()
    {
        BucketTake take = Ask("a", cost: 10);
        Assert.True(_table.Take(ref take, Start));
        SortedDictionary<int, byte[]> image = [];
        Copy(_table, image);
        using BucketTable after = new(1024);
        Assert.Equal(1, Restore(after, image, samePlaces: true, Start + Minute + BucketTime.ClockSkewMsMax).Idle);
        Assert.Equal(0, after.Inserted);
    }

    [Fact]
    public void KeyThatComesTwiceKeepsTheStateThatTookMore()
    {
        BucketTake take = Ask("a");
        Assert.True(_table.Take(ref take, Start));
        SortedDictionary<int, byte[]> less = [];
        Copy(_table, less);
        Assert.True(_table.Take(ref take, Start));
        SortedDictionary<int, byte[]> more = [];
        Copy(_table, more);
        foreach ((SortedDictionary<int, byte[]> first, SortedDictionary<int, byte[]> second) in new[] { (less, more), (more, less) })
        {
            using BucketTable after = new(1024);
            Restore(after, first, samePlaces: true, Start);
            Restore(after, second, samePlaces: true, Start);
            BucketTake look = Ask("a", cost: 0);
            Assert.True(after.Take(ref look, Start));
            Assert.Equal((8, 1), (look.Remaining, after.Inserted));

            // What the file does not show at this place has to be written there.
            Assert.Equal(first == less, after.NextChangedPage(0) >= 0);
        }
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(BucketSlot.LockBit)]
    [InlineData(BucketSlot.LockBit - 1)]
    public void WordThatNoBucketCanHaveIsDropped(ulong word)
    {
        BucketSlot slot = new() { KeyLow = 5, KeyHigh = 6, Word = word };
        byte[] page = new byte[BucketTable.PageBytes];
        new ReadOnlySpan<byte>(&slot, BucketTable.SlotBytes).CopyTo(page);
        BucketRestore restored = _table.RestorePage(page, 0, samePlaces: true, Start);
        Assert.Equal((1, 0), (restored.Damaged, restored.Restored));
        Assert.Equal(0, _table.Inserted);
    }

    /// <summary>The number of a page comes from the length of a file; multiplied by the slots of a page it may leave the numbers of 32 bits.</summary>
    [Theory]
    [InlineData(1 << 24)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void PageOfAnyNumberFindsPlacesInsideTheTable(int page)
    {
        BucketSlot slot = new() { KeyLow = 5, KeyHigh = 6, Word = BucketTime.Fresh(Start) + (ulong)(Minute * BucketTime.TicksPerMs) };
        byte[] copy = new byte[BucketTable.PageBytes];
        new ReadOnlySpan<byte>(&slot, BucketTable.SlotBytes).CopyTo(copy);
        Assert.Equal(1, _table.RestorePage(copy, page, samePlaces: true, Start).Restored);
        Assert.Equal(1, _table.CountActive(Start));
    }

    /// <summary>Bytes from nowhere: whatever they are, no slot is left locked and every bucket works.</summary>
    [Fact]
    public void AnyBytesLeaveAWorkingTable() =>
        Gen.Select(Gen.Byte.Array[BucketTable.PageBytes], Gen.Int[0, 10], Gen.Bool).Sample((page, index, samePlaces) =>
        {
            using BucketTable table = new(1024);
            table.RestorePage(page, index, samePlaces, Start);
            for (int i = 0; i < 1024; i++)
            {
                BucketTake take = Ask(i, 1);
                Assert.True(table.Take(ref take, Start) || table.Refused > 0);
            }

            SortedDictionary<int, byte[]> image = [];
            Copy(table, image);
            Assert.Equal(-1, table.NextChangedPage(0));
        }, iter: 50);

    /// <summary>Copies the changed pages into an image, as a file would hold them; returns their numbers.</summary>
    private static List<int> Copy(BucketTable table, SortedDictionary<int, byte[]> image)
    {
        List<int> copied = [];
        for (int page = table.NextChangedPage(0); page >= 0; page = table.NextChangedPage(page + 1))
        {
            byte[] bytes = new byte[BucketTable.PageBytes];
            Assert.True(table.TryCopyPage(page, bytes));
            image[page] = bytes;
            copied.Add(page);
        }

        return copied;
    }

    private static BucketRestore Restore(BucketTable table, SortedDictionary<int, byte[]> image, bool samePlaces, long nowMs)
    {
        BucketRestore total = default;
        foreach ((int page, byte[] bytes) in image)
        {
            total.Add(table.RestorePage(bytes, page, samePlaces, nowMs));
        }

        return total;
    }

    private List<int> Changed()
    {
        List<int> pages = [];
        for (int page = _table.NextChangedPage(0); page >= 0; page = _table.NextChangedPage(page + 1))
        {
            pages.Add(page);
        }

        return pages;
    }

    private int PageOf(string name)
    {
        nint distance = (nint)_table.Find(Ask(name).Key) - (nint)_table.SlotAt(0);
        return (int)(distance / BucketTable.PageBytes);
    }

    private BucketTake Ask(int bucket, long cost) => Ask(bucket.ToString(CultureInfo.InvariantCulture), cost);

    private BucketTake Ask(string name, long cost = 1) => new()
    {
        Key = BucketKey.OfNamespaceLimit(_hash, LimitAlgorithm.TokenBucket, "ns"u8, Encoding.UTF8.GetBytes(name), Minute),
        Limit = 10,
        DurationMs = Minute,
        Cost = cost,
    };
}
