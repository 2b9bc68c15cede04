using System;
using System.Threading;

namespace Unkey.Engine.Limits;

/// <content>Several buckets, all or none: slots locked in address order, decided on together, released together.</content>
public sealed unsafe partial class BucketTable
{
    private bool TakeSeveral(Span<BucketTake> takes, long nowMs)
    {
        // BOUND: a turn is repeated only when a slot changed its owner between two lines of this thread, which takes a full second of idleness.
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            for (int i = 0; i < takes.Length; i++)
            {
                ref BucketTake take = ref takes[i];
                take.Slot = take.Limit > 0 ? (nint)FindOrInsert(take.Key, nowMs) : 0;
            }

            if (TryTakeAll(takes, nowMs, out bool passed))
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
    internal bool TryTakeAll(Span<BucketTake> takes, long nowMs, out bool passed)
    {
        BucketOrder.Sort(takes);
        passed = false;
        if (!TryLock(takes))
        {
            return false;
        }

        passed = Decide(takes, nowMs);
        Unlock(takes, takes.Length, keep: passed);
        return true;
    }

    /// <summary>Decides entry by entry in the caller's order, all slots being held.</summary>
    private bool Decide(Span<BucketTake> takes, long nowMs)
    {
        bool all = true;
        for (int i = 0; i < takes.Length; i++)
        {
            all &= takes[i].Algorithm == LimitAlgorithm.TokenBucket ? Decide<TokenBucket>(takes, i, nowMs) : Decide<SlidingWindow>(takes, i, nowMs);
        }

        // Passing entries report what stays when the batch is undone.
        for (int i = 0; !all && i < takes.Length; i++)
        {
            ref BucketTake take = ref takes[i];
            if (take.Passed && take.Algorithm == LimitAlgorithm.TokenBucket)
            {
                Undo<TokenBucket>(ref take, nowMs);
            }
            else if (take.Passed)
            {
                Undo<SlidingWindow>(ref take, nowMs);
            }
        }

        return all;
    }

    /// <summary>
    /// Decides one entry. The running word stays in the slot, locked; the running second word stays in the batch, because a batch that is undone
    /// puts the same word back, and nobody may then have seen another second word beside it.
    /// </summary>
    private bool Decide<TAlgorithm>(Span<BucketTake> takes, int index, long nowMs)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        ref BucketTake take = ref takes[index];
        BucketSlot* slot = (BucketSlot*)take.Slot;
        TAlgorithm request = TAlgorithm.Prepare(take.Limit, take.DurationMs, take.Cost, nowMs);
        if (slot is null)
        {
            return take.Limit > 0
                ? RefuseForSpace(ref take, nowMs)
                : Refuse(ref take, request.RefusedResetMs(new BucketState(BucketTime.Fresh(nowMs), 0)));
        }

        ref ulong spare = ref takes[take.Leader].Spare;
        BucketState running = new(slot->Word & ~BucketSlot.LockBit, spare);
        bool passed = request.TryTake(running, out BucketState next);
        // A refused entry counts on as well: later entries on the same bucket see the costs of all before them.
        slot->Word = next.Word | BucketSlot.LockBit;
        spare = next.Spare;
        return passed ? Pass(ref take, in request, next) : Refuse(ref take, request.RefusedResetMs(running));
    }

    private static void Undo<TAlgorithm>(ref BucketTake take, long nowMs)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        TAlgorithm request = TAlgorithm.Prepare(take.Limit, take.DurationMs, take.Cost, nowMs);
        (take.Remaining, take.ResetMs) = request.Undone(take.Before, take.Remaining);
    }

    private bool TryLock(Span<BucketTake> takes)
    {
        nint held = 0;
        ulong before = 0;
        int leader = 0;
        for (int i = 0; i < takes.Length; i++)
        {
            ref BucketTake take = ref takes[takes[i].Order];
            BucketSlot* slot = (BucketSlot*)take.Slot;
            if (take.Slot != held)
            {
                before = Lock(slot);
                held = take.Slot;
                leader = takes[i].Order;
                take.Spare = slot->Spare;
            }

            // Equal addresses are neighbours: the same bucket again is already held, and entries without a bucket (address 0) come first.
            take.Before = before;
            take.Leader = leader;
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
                // ORDER: none of its own; under the lock bit, before the release.
                Volatile.Write(ref slot->Spare, take.Spare);
                MarkChanged(slot);
            }

            // ORDER: release. Whoever locks or takes next sees the section as a whole.
            Volatile.Write(ref slot->Word, word);
        }
    }
}
