using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Unkey.Engine.Limits;

/// <content>Puts copied pages back into a fresh table.</content>
public sealed unsafe partial class BucketTable
{
    /// <summary>
    /// Puts the buckets of a copied page back. Buckets that are full again by now are dropped; one whose place is not valid in this table finds
    /// another. A key that comes twice keeps the state that took more: pages are copied one after another, so a bucket that moved may be
    /// in two of them. Cold; before any take, one thread.
    /// </summary>
    /// <param name="copy">The page, exactly <see cref="PageBytes"/>, of a table with the same <see cref="LayoutVersion"/> and the same secret.</param>
    /// <param name="page">Which page it was; any number when the capacity was another one.</param>
    /// <param name="samePlaces">Whether the copied table had the same capacity. Buckets then return to their slots, and the page does not
    /// count as changed.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <returns>What became of the buckets.</returns>
    public BucketRestore RestorePage(ReadOnlySpan<byte> copy, int page, bool samePlaces, long nowMs)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(copy.Length, PageBytes);
        BucketRestore result = default;
        ReadOnlySpan<BucketSlot> saved = MemoryMarshal.Cast<byte, BucketSlot>(copy);
        for (int i = 0; i < saved.Length; i++)
        {
            ref readonly BucketSlot bucket = ref saved[i];
            if (bucket.Key == UInt128.Zero)
            {
                continue;
            }

            if (!BucketTime.IsPossible(bucket.Word, nowMs))
            {
                result.Damaged++;
            }
            else if (BucketTime.IsIdle(bucket.Word, nowMs))
            {
                result.Idle++;
            }
            else if (TryKeepGreater(in bucket) || (samePlaces && TryPutBack(in bucket, (page * PageSlots) + i)) || TryPlace(in bucket, nowMs))
            {
                result.Restored++;
            }
            else
            {
                result.WithoutRoom++;
            }
        }

        return result;
    }

    private bool TryKeepGreater(in BucketSlot bucket)
    {
        BucketSlot* known = Find(bucket.Key);
        if (known is null)
        {
            return false;
        }

        if (bucket.Word > known->Word)
        {
            known->Word = bucket.Word;
            known->Spare = bucket.Spare;
            MarkChanged(known);
        }

        return true;
    }

    private bool TryPutBack(in BucketSlot bucket, int index)
    {
        if ((uint)index >= (uint)Capacity)
        {
            return false;
        }

        BucketSlot* slot = SlotAt(index);
        BucketSlot* group = SlotAt(index & ~(GroupSlots - 1));
        if (slot->Key != UInt128.Zero || (group != FirstGroup(bucket.Key) && group != SecondGroup(bucket.Key)))
        {
            return false;
        }

        *slot = bucket;
        _inserted++;

        // ORDER: none needed here; no other thread is there yet.
        byte mark = Volatile.Read(ref _pages[index / PageSlots]);
        Volatile.Write(ref _pages[index / PageSlots], byte.Max(mark, PageCopied));
        return true;
    }

    private bool TryPlace(in BucketSlot bucket, long nowMs) => Claim(bucket.Key, nowMs, new BucketState(bucket.Word, bucket.Spare)) is not null;
}
