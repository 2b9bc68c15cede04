using System;
using System.Diagnostics;
using System.Threading;
using Unkey.Engine.Memory;

namespace Unkey.Engine.Limits;

/// <content>Where a bucket lives: groups, look-up, and the claim of a slot for a new key.</content>
public sealed unsafe partial class BucketTable
{
    /// <summary>The slot that shows this key, or null. Lock-free; the key may be gone when the caller looks again.</summary>
    [HotPath]
    internal BucketSlot* Find(UInt128 key)
    {
        BucketSlot* slot = FindInGroup(FirstGroup(key), key);
        return slot is not null ? slot : FindInGroup(SecondGroup(key), key);
    }

    /// <summary>Asks for the cache lines where a bucket probably is, and which a new one has to look at: half of its first group, the beginning of its second.</summary>
    /// <param name="key">Key of the bucket.</param>
    [HotPath]
    public void Prefetch(UInt128 key)
    {
        BucketSlot* first = FirstGroup(key);
        CacheLine.Prefetch(first);
        CacheLine.Prefetch(first + (GroupSlots / 2));
        CacheLine.Prefetch(SecondGroup(key));
    }

    private static BucketSlot* FindInGroup(BucketSlot* group, UInt128 key)
    {
        for (BucketSlot* slot = group; slot < group + GroupSlots; slot++)
        {
            if (slot->HasKey(key))
            {
                return slot;
            }
        }

        return null;
    }

    private BucketSlot* FindOrInsert(UInt128 key, long nowMs)
    {
        BucketSlot* slot = Find(key);
        return slot is not null ? slot : FindOrInsert(key, nowMs, new BucketState(BucketTime.Fresh(nowMs), 0), out _);
    }

    /// <summary>Looks again and otherwise claims an idle slot, both under the stripe's lock. Null when there is none.</summary>
    private BucketSlot* FindOrInsert(UInt128 key, long nowMs, BucketState initial, out bool isInserted)
    {
        Debug.Assert(key != UInt128.Zero, "Zero is the key of a slot that was never used.");
        ref int stripe = ref _stripeLocks[((uint)key & _stripeMask) * StripeInts];
        SpinWait spin = default;

        // BOUND: by the holders before this thread; a holder visits 16 slots and waits for nothing.
        // ORDER: full fence on success. Pairs with the release below: keys written by earlier holders are seen.
        while (Interlocked.CompareExchange(ref stripe, 1, 0) != 0)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        BucketSlot* slot = Find(key);
        isInserted = false;
        if (slot is null)
        {
            slot = Claim(key, nowMs, initial);
            isInserted = slot is not null;
        }

        // ORDER: release. The next holder sees the key written in here.
        Volatile.Write(ref stripe, 0);
        return slot;
    }

    private BucketSlot* Claim(UInt128 key, long nowMs, BucketState initial)
    {
        BucketSlot* first = FirstGroup(key);
        BucketSlot* second = SecondGroup(key);
        int idleInFirst = CountIdle(first, nowMs);
        // The first group while it has room to spare, because lookups read it first; then the emptier one, so that groups fill evenly.
        if (idleInFirst < GroupSlots / 2 && idleInFirst < CountIdle(second, nowMs))
        {
            BucketSlot* swapped = first;
            first = second;
            second = swapped;
        }

        BucketSlot* slot = ClaimIn(first, key, nowMs, initial);
        return slot is not null ? slot : ClaimIn(second, key, nowMs, initial);
    }

    private static int CountIdle(BucketSlot* group, long nowMs)
    {
        int idle = 0;
        for (BucketSlot* slot = group; slot < group + GroupSlots; slot++)
        {
            // ORDER: none needed; a hint for the placement.
            ulong word = Volatile.Read(ref slot->Word);
            idle += (word & BucketSlot.LockBit) == 0 && BucketTime.IsIdle(word, nowMs) ? 1 : 0;
        }

        return idle;
    }

    private BucketSlot* ClaimIn(BucketSlot* group, UInt128 key, long nowMs, BucketState initial)
    {
        for (BucketSlot* slot = group; slot < group + GroupSlots; slot++)
        {
            // ORDER: full fence on success: the lock bit is out before the key changes, and nobody acts on a word with the lock bit.
            ulong word = Volatile.Read(ref slot->Word);
            if ((word & BucketSlot.LockBit) != 0
                || !BucketTime.IsIdle(word, nowMs)
                || Interlocked.CompareExchange(ref slot->Word, initial.Word | BucketSlot.LockBit, word) != word)
            {
                // In use, or its owner came back this very moment.
                continue;
            }

            // ORDER: readers may see halves of two keys; the word they hold has then changed, and they look again.
            Volatile.Write(ref slot->KeyHigh, (ulong)(key >> 64));
            Volatile.Write(ref slot->KeyLow, (ulong)key);
            Volatile.Write(ref slot->Spare, initial.Spare);
            MarkChanged(slot);

            // ORDER: release. Key and second word are complete before anybody can act on the word; pairs with the acquire of the word in Take and Lock.
            Volatile.Write(ref slot->Word, initial.Word);

            // ORDER: none needed; counts.
            Interlocked.Increment(ref word != 0 ? ref _reused : ref _inserted);
            return slot;
        }

        return null;
    }

    private BucketSlot* FirstGroup(UInt128 key) => Group((uint)key & _groupMask);

    private BucketSlot* SecondGroup(UInt128 key)
    {
        uint first = (uint)key & _groupMask;
        uint second = (((uint)(ulong)(key >> 64) & ~_stripeMask) | (first & _stripeMask)) & _groupMask;
        // Never the same group twice; the next bit above the stripe keeps the stripe.
        return Group(second == first ? second ^ (_stripeMask + 1) : second);
    }

    private BucketSlot* Group(uint index) => (BucketSlot*)(_slots + ((nuint)index * GroupBytes));

    /// <summary>The slot of an index, 0 to <see cref="Capacity"/> - 1.</summary>
    internal BucketSlot* SlotAt(int index) => (BucketSlot*)_slots + index;
}
