using System;
using System.Threading;

namespace Unkey.Engine.Limits;

/// <content>Several buckets, all or none: slots locked in address order, decided on together, released together.</content>
public sealed unsafe partial class BucketTable
{
    private bool TakeAll<TAlgorithm>(Span<BucketTake> takes, long nowMs)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        // BOUND: a turn is repeated only when a slot changed its owner between two lines of this thread, which takes a full second of idleness.
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            for (int i = 0; i < takes.Length; i++)
            {
                ref BucketTake take = ref takes[i];
                take.Slot = take.Limit > 0 ? (nint)FindOrInsert<TAlgorithm>(take.Key, nowMs) : 0;
            }

            if (TryTakeAll<TAlgorithm>(takes, nowMs, out bool passed))
            {
                return passed;
            }
        }

        for (int i = 0; i < takes.Length; i++)
        {
            RefuseForSpace(ref takes[i], nowMs);
        }

        return false;
    }

    /// <summary>
    /// Takes from slots that showed their keys when they were looked up (<see cref="BucketTake.Slot"/>). Gives up, with nothing taken, when one
    /// of them has another owner now.
    /// </summary>
    internal bool TryTakeAll<TAlgorithm>(Span<BucketTake> takes, long nowMs, out bool passed)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        BucketOrder.Sort(takes);
        passed = false;
        if (!TryLock(takes))
        {
            return false;
        }

        passed = Decide<TAlgorithm>(takes, nowMs);
        Unlock(takes, takes.Length, keep: passed);
        return true;
    }

    /// <summary>Decides entry by entry in the caller's order, all slots being held. Slots keep the running words, locked.</summary>
    private bool Decide<TAlgorithm>(Span<BucketTake> takes, long nowMs)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        bool all = true;
        for (int i = 0; i < takes.Length; i++)
        {
            ref BucketTake take = ref takes[i];
            BucketSlot* slot = (BucketSlot*)take.Slot;
            TAlgorithm request = TAlgorithm.Prepare(take.Limit, take.DurationMs, take.Cost, nowMs);
            if (slot is null)
            {
                all = take.Limit > 0 ? RefuseForSpace(ref take, nowMs) : Refuse(ref take, request.ResetWhenPassing(TAlgorithm.Fresh(nowMs)));
                continue;
            }

            ulong running = slot->Word & ~BucketSlot.LockBit;
            bool passed = request.TryTake(running, out ulong next);
            // A refused entry counts on as well: later entries on the same bucket see the costs of all before them.
            slot->Word = next | BucketSlot.LockBit;
            all &= passed ? Pass(ref take, in request, next) : Refuse(ref take, request.ResetWhenPassing(running));
        }

        // The state that stays when the batch is undone is what passing entries report.
        for (int i = 0; !all && i < takes.Length; i++)
        {
            ref BucketTake take = ref takes[i];
            if (take.Passed)
            {
                TAlgorithm request = TAlgorithm.Prepare(take.Limit, take.DurationMs, take.Cost, nowMs);
                Pass(ref take, in request, take.Before);
            }
        }

        return all;
    }

    private bool TryLock(Span<BucketTake> takes)
    {
        nint held = 0;
        ulong before = 0;
        for (int i = 0; i < takes.Length; i++)
        {
            ref BucketTake take = ref takes[takes[i].Order];
            BucketSlot* slot = (BucketSlot*)take.Slot;
            if (take.Slot != held)
            {
                before = Lock(slot);
                held = take.Slot;
            }

            // Equal addresses are neighbours: the same bucket again is already held, and entries without a bucket (address 0) come first.
            take.Before = before;
            if (slot is not null && !slot->HasKey(take.Key))
            {
                Unlock(takes, i + 1, keep: false);
                return false;
            }
        }

        return true;
    }

    /// <summary>Sets the lock bit and returns the word without it. The holder runs a short section and waits only for higher addresses.</summary>
    private static ulong Lock(BucketSlot* slot)
    {
        SpinWait spin = default;

        // BOUND: by the holders before this thread; batches lock in address order, so the waits form no circle.
        while (true)
        {
            // ORDER: full fence on success, so the load needs none: what the section reads is not older than the lock. Pairs with the release in Unlock.
            ulong word = Volatile.Read(ref slot->Word);
            if ((word & BucketSlot.LockBit) == 0 && Interlocked.CompareExchange(ref slot->Word, word | BucketSlot.LockBit, word) == word)
            {
                return word;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private void Unlock(Span<BucketTake> takes, int count, bool keep)
    {
        nint released = 0;
        for (int i = 0; i < count; i++)
        {
            ref BucketTake take = ref takes[takes[i].Order];
            if (take.Slot == released)
            {
                continue;
            }

            released = take.Slot;
            BucketSlot* slot = (BucketSlot*)take.Slot;
            ulong word = keep ? slot->Word & ~BucketSlot.LockBit : take.Before;
            if (word != take.Before)
            {
                MarkChanged(slot);
            }

            // ORDER: release. Whoever locks or takes next sees the section as a whole.
            Volatile.Write(ref slot->Word, word);
        }
    }
}
