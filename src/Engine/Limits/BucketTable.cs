using System;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Threading;

namespace Unkey.Engine.Limits;

/// <summary>
/// All rate-limit buckets of the process: a fixed number of slots off the managed heap, found by a keyed 128-bit hash.
/// Any thread may take tokens. A take from a known bucket is lock-free (one compare-exchange); only a bucket's first take enters a
/// short spin section shared with 1/256 of the table. Never allocates after construction, never throws, never does I/O.
/// </summary>
/// <remarks>
/// <para>
/// Places. A key may live in one of two groups of eight slots, chosen by independent bits of the key; a lookup reads both, at most 16 slots,
/// and stops at nothing but the key, so a slot that is given away breaks no chain. Both groups belong to one stripe, whose spin lock serialises
/// insertions: racing first takes of one key find one bucket.
/// </para>
/// <para>
/// Reuse without reclamation. An idle bucket is a full bucket, so its slot is simply the next insertion's: there is no sweep, no tombstone and
/// no grace period, and memory is bounded by the buckets active within their duration. What makes this safe is that the unlocked word of a slot
/// never repeats a value across owners: takes make it greater, and a new owner starts above every idle value (<see cref="ILimitAlgorithm{TSelf}"/>).
/// A new owner claims the slot by compare-exchange from the idle word, writes its key while the lock bit keeps everyone out, and releases.
/// A reader loads the word, then the key, then acts on the word only if it is still the same, by compare-exchange or by a second load:
/// an unchanged word proves that the key belonged to it.
/// </para>
/// <para>
/// Several limits at once. The slots are locked by the lock bit in their words in address order, so that no two batches wait for each other;
/// every decision is made while all are held; they are released with all tokens taken, or with the words they had.
/// </para>
/// <para>
/// Full. When both groups of a new key hold active buckets only, the request is refused and counted (<see cref="Refused"/>): nothing that
/// still limits anybody is forgotten, so a flood of identifiers cannot lift a limit. Keys with a bucket are served on, exactly.
/// </para>
/// </remarks>
public sealed unsafe class BucketTable : IDisposable
{
    /// <summary>Default capacity: 2,097,152 buckets, 64 MiB of address space of which only pages in use are backed by memory.</summary>
    public const int DefaultCapacity = 1 << 21;

    private const int GroupSlots = 8;
    private const int GroupBytes = GroupSlots * BucketSlot.SizeBytes;
    private const int StripesMax = 256;
    private const int StripeGroupsMin = 16;

    /// <summary>Stripe state is spread over cache lines: 16 ints, of which the first is the lock.</summary>
    private const int StripeInts = 16;

    /// <summary>A lost race means that somebody else won, so this many losses in one request mean a fault; the answer is then to refuse.</summary>
    private const int AttemptsMax = 1 << 22;

    /// <summary>How soon a client may try again whose identifier found no slot.</summary>
    private const long RefusedRetryMs = 1_000;

    private readonly uint _groupMask;
    private readonly uint _stripeMask;
    private readonly int[] _stripeLocks;
    private readonly byte[] _touched;
    private void* _allocation;
    private byte* _slots;
    private long _inserted;
    private long _reused;
    private long _refused;

    /// <summary>Reserves the table. Nothing is touched yet, so an unused table costs address space only.</summary>
    /// <param name="capacity">Slots, 16 to 2^30; rounded up to a power of two.</param>
    public BucketTable(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2 * GroupSlots);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 1 << 30);
        Capacity = (int)BitOperations.RoundUpToPowerOf2((uint)capacity);
        uint groups = (uint)(Capacity / GroupSlots);
        _groupMask = groups - 1;
        // Enough groups to a stripe that the second choice stays a choice.
        _stripeMask = uint.Clamp(groups / StripeGroupsMin, 1, StripesMax) - 1;
        _stripeLocks = new int[(_stripeMask + 1) * StripeInts];
        _touched = new byte[(Capacity / TouchedSlots) + 1];

        // Not NativeBlock, which writes its zeros: from calloc a large block is fresh zero pages, mapped as they are first used.
        nuint bytes = (nuint)Capacity * BucketSlot.SizeBytes;
        _allocation = NativeMemory.AllocZeroed(bytes + GroupBytes);
        _slots = (byte*)(((nuint)_allocation + GroupBytes - 1) & ~(nuint)(GroupBytes - 1));
    }

    /// <summary>Frees the memory of a table that was not disposed.</summary>
    ~BucketTable() => Free();

    /// <summary>Slots in the table.</summary>
    public int Capacity { get; }

    /// <summary>Slots taken into use so far; they stay in use, for one bucket after another. Any thread.</summary>
    public long Inserted => Volatile.Read(ref _inserted);

    /// <summary>Times a slot went from an idle bucket to a new one. Any thread.</summary>
    public long Reused => Volatile.Read(ref _reused);

    /// <summary>Requests refused because a new bucket found no slot. Any thread.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>One bit of <c>_touched</c> for every page of 4 KiB.</summary>
    private static int TouchedSlots => 4096 / BucketSlot.SizeBytes;

    /// <summary>Takes from one bucket.</summary>
    /// <param name="take">What is asked; receives the result.</param>
    /// <param name="nowMs">Unix milliseconds, from a clock that does not run backwards.</param>
    /// <returns>Whether the tokens were there; then, and only then, they are taken.</returns>
    [HotPath]
    public bool Take(ref BucketTake take, long nowMs) => Take<TokenBucket>(ref take, nowMs);

    /// <summary>
    /// Takes from several buckets, all or none. One bucket may be named more than once: later entries see what earlier ones ask for.
    /// </summary>
    /// <param name="takes">What is asked, in the caller's order; every entry receives its own result.</param>
    /// <param name="nowMs">Unix milliseconds, from a clock that does not run backwards.</param>
    /// <returns>Whether every entry passed; then, and only then, all tokens are taken.</returns>
    [HotPath]
    public bool TakeAll(Span<BucketTake> takes, long nowMs) => takes.Length switch
    {
        0 => true,
        1 => Take<TokenBucket>(ref takes[0], nowMs),
        _ => TakeAll<TokenBucket>(takes, nowMs),
    };

    /// <summary>Counts the buckets that are not idle. Cold: reads every page in use. Any thread; a snapshot nobody else sees.</summary>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <returns>0 to <see cref="Capacity"/>.</returns>
    public int CountActive(long nowMs)
    {
        int active = 0;
        for (int page = 0; page < _touched.Length; page++)
        {
            if (Volatile.Read(ref _touched[page]) == 0)
            {
                continue;
            }

            int end = int.Min((page + 1) * TouchedSlots, Capacity);
            for (int i = page * TouchedSlots; i < end; i++)
            {
                ulong word = Volatile.Read(ref Slot(i)->Word) & ~BucketSlot.LockBit;
                active += TokenBucket.IsIdle(word, nowMs) ? 0 : 1;
            }
        }

        return active;
    }

    /// <summary>Frees the memory. No thread may be using the table.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>The slot that shows this key, or null. Lock-free; the key may be gone when the caller looks again.</summary>
    [HotPath]
    internal BucketSlot* Find(UInt128 key)
    {
        BucketSlot* slot = FindInGroup(FirstGroup(key), key);
        return slot is not null ? slot : FindInGroup(SecondGroup(key), key);
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

    private bool Take<TAlgorithm>(ref BucketTake take, long nowMs)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        TAlgorithm request = TAlgorithm.Prepare(take.Limit, take.DurationMs, take.Cost, nowMs);
        BucketSlot* slot = Find(take.Key);
        SpinWait spin = default;

        // BOUND: AttemptsMax; see there.
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            ulong next;
            if (slot is null)
            {
                // A bucket that is not there is full. Nothing is stored for a request that takes nothing.
                ulong fresh = TAlgorithm.Fresh(nowMs);
                if (!request.TryTake(fresh, out next))
                {
                    return Refuse(ref take, request.ResetWhenPassing(fresh));
                }

                if (next == fresh)
                {
                    return Pass(ref take, in request, fresh);
                }

                slot = FindOrInsert<TAlgorithm>(take.Key, nowMs, next, out bool isInserted);
                if (slot is null)
                {
                    return RefuseForSpace(ref take, nowMs);
                }

                if (isInserted)
                {
                    return Pass(ref take, in request, next);
                }
            }

            // ORDER: acquire. The key is read after the word that it has to vouch for.
            ulong word = Volatile.Read(ref slot->Word);
            if ((word & BucketSlot.LockBit) != 0)
            {
                spin.SpinOnce(sleep1Threshold: -1);
                continue;
            }

            if (!slot->HasKey(take.Key))
            {
                slot = Find(take.Key);
                continue;
            }

            bool passed = request.TryTake(word, out next);
            if (passed && next != word)
            {
                // ORDER: full fence. Success proves that the slot had one owner since the word was read: words do not repeat across owners.
                if (Interlocked.CompareExchange(ref slot->Word, next, word) == word)
                {
                    return Pass(ref take, in request, next);
                }
            }
            else if (Volatile.Read(ref slot->Word) == word)
            {
                // ORDER: the key was read with acquire, so this load comes after it and proves the same for an answer that stores nothing.
                return passed ? Pass(ref take, in request, word) : Refuse(ref take, request.ResetWhenPassing(word));
            }
        }

        return RefuseForSpace(ref take, nowMs);
    }

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

            BucketOrder.Sort(takes);
            if (!TryLock(takes))
            {
                continue;
            }

            bool passed = Decide<TAlgorithm>(takes, nowMs);
            Unlock(takes, takes.Length, keep: passed);
            return passed;
        }

        for (int i = 0; i < takes.Length; i++)
        {
            RefuseForSpace(ref takes[i], nowMs);
        }

        return false;
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

    private static bool TryLock(Span<BucketTake> takes)
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
            ulong word = Volatile.Read(ref slot->Word);

            // ORDER: full fence on success: what the section reads is not older than the lock. Pairs with the release in Unlock.
            if ((word & BucketSlot.LockBit) == 0 && Interlocked.CompareExchange(ref slot->Word, word | BucketSlot.LockBit, word) == word)
            {
                return word;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private static void Unlock(Span<BucketTake> takes, int count, bool keep)
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

            // ORDER: release. Whoever locks or takes next sees the section as a whole.
            Volatile.Write(ref slot->Word, keep ? slot->Word & ~BucketSlot.LockBit : take.Before);
        }
    }

    private BucketSlot* FindOrInsert<TAlgorithm>(UInt128 key, long nowMs)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        BucketSlot* slot = Find(key);
        return slot is not null ? slot : FindOrInsert<TAlgorithm>(key, nowMs, TAlgorithm.Fresh(nowMs), out _);
    }

    /// <summary>Looks again and otherwise claims an idle slot, both under the stripe's lock. Null when there is none.</summary>
    private BucketSlot* FindOrInsert<TAlgorithm>(UInt128 key, long nowMs, ulong initialWord, out bool isInserted)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        Debug.Assert(key != UInt128.Zero, "Zero is the key of a slot that was never used.");
        ref int stripe = ref _stripeLocks[((uint)key & _stripeMask) * StripeInts];
        SpinWait spin = default;

        // BOUND: by the holders before this thread; a holder visits 16 slots and waits for nothing.
        while (Interlocked.CompareExchange(ref stripe, 1, 0) != 0)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        BucketSlot* slot = Find(key);
        isInserted = false;
        if (slot is null)
        {
            slot = Claim<TAlgorithm>(key, nowMs, initialWord);
            isInserted = slot is not null;
        }

        // ORDER: release. The next holder sees the key written in here.
        Volatile.Write(ref stripe, 0);
        return slot;
    }

    private BucketSlot* Claim<TAlgorithm>(UInt128 key, long nowMs, ulong initialWord)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        BucketSlot* first = FirstGroup(key);
        BucketSlot* second = SecondGroup(key);
        int idleInFirst = CountIdle<TAlgorithm>(first, nowMs);
        // The first group while it has room to spare, because lookups read it first; then the emptier one, so that groups fill evenly.
        if (idleInFirst < GroupSlots / 2 && idleInFirst < CountIdle<TAlgorithm>(second, nowMs))
        {
            BucketSlot* swapped = first;
            first = second;
            second = swapped;
        }

        BucketSlot* slot = ClaimIn<TAlgorithm>(first, key, nowMs, initialWord);
        return slot is not null ? slot : ClaimIn<TAlgorithm>(second, key, nowMs, initialWord);
    }

    private static int CountIdle<TAlgorithm>(BucketSlot* group, long nowMs)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        int idle = 0;
        for (BucketSlot* slot = group; slot < group + GroupSlots; slot++)
        {
            ulong word = Volatile.Read(ref slot->Word);
            idle += (word & BucketSlot.LockBit) == 0 && TAlgorithm.IsIdle(word, nowMs) ? 1 : 0;
        }

        return idle;
    }

    private BucketSlot* ClaimIn<TAlgorithm>(BucketSlot* group, UInt128 key, long nowMs, ulong initialWord)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        for (BucketSlot* slot = group; slot < group + GroupSlots; slot++)
        {
            ulong word = Volatile.Read(ref slot->Word);
            if ((word & BucketSlot.LockBit) != 0
                || !TAlgorithm.IsIdle(word, nowMs)
                || Interlocked.CompareExchange(ref slot->Word, initialWord | BucketSlot.LockBit, word) != word)
            {
                // In use, or its owner came back this very moment.
                continue;
            }

            Volatile.Write(ref slot->KeyHigh, (ulong)(key >> 64));
            Volatile.Write(ref slot->KeyLow, (ulong)key);

            // ORDER: release. The key is complete before anybody can act on the word; pairs with the acquire of the word in Take and Lock.
            Volatile.Write(ref slot->Word, initialWord);
            Count(slot, isReuse: word != 0);
            return slot;
        }

        return null;
    }

    private void Count(BucketSlot* slot, bool isReuse)
    {
        Interlocked.Increment(ref isReuse ? ref _reused : ref _inserted);
        Volatile.Write(ref _touched[(int)((slot - (BucketSlot*)_slots) / TouchedSlots)], 1);
    }

    private static bool Pass<TAlgorithm>(ref BucketTake take, in TAlgorithm request, ulong word)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        take.Remaining = request.Remaining(word);
        take.ResetMs = request.ResetWhenFull(word);
        take.Passed = true;
        return true;
    }

    private static bool Refuse(ref BucketTake take, long resetMs)
    {
        take.Remaining = 0;
        take.ResetMs = resetMs;
        take.Passed = false;
        return false;
    }

    private bool RefuseForSpace(ref BucketTake take, long nowMs)
    {
        Interlocked.Increment(ref _refused);
        return Refuse(ref take, nowMs + RefusedRetryMs);
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

    private BucketSlot* Slot(int index) => (BucketSlot*)_slots + index;

    private void Free()
    {
        NativeMemory.Free(_allocation);
        _allocation = null;
        _slots = null;
    }
}
