using System;
using System.Numerics;
using System.Runtime.CompilerServices;
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
/// Reuse without reclamation. An idle bucket is a full bucket, whatever its algorithm, so its slot is simply the next insertion's: there is no
/// sweep, no tombstone and no grace period, and memory is bounded by the buckets active within their duration. What makes this safe is that the
/// unlocked word of a slot never repeats a value across owners: takes make it greater, and a new owner starts above every idle value
/// (<see cref="BucketTime"/>, <see cref="ILimitAlgorithm{TSelf}"/>).
/// A new owner claims the slot by compare-exchange from the idle word, writes its key while the lock bit keeps everyone out, and releases.
/// A reader loads the word, then the key, then acts on the word only if it is still the same, by compare-exchange or by a second load:
/// an unchanged word proves that the key, and the second word of an algorithm that has one, belonged to it.
/// </para>
/// <para>
/// Several limits at once. The slots are locked by the lock bit in their words in address order, so that no two batches wait for each other;
/// every decision is made while all are held; they are released with all tokens taken, or with the words they had.
/// </para>
/// <para>
/// Full. When both groups of a new key hold active buckets only, the request is refused and counted (<see cref="Refused"/>): nothing that
/// still limits anybody is forgotten, so a flood of identifiers cannot lift a limit. Keys with a bucket are served on, exactly.
/// </para>
/// <para>
/// Copies for a restart. Every change of a word also marks the 4-KiB page that it lies in; one thread outside copies the marked pages
/// (<see cref="TryCopyPage"/>) and a later process puts them back (<see cref="RestorePage"/>).
/// </para>
/// </remarks>
public sealed unsafe partial class BucketTable : IDisposable
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
    private readonly byte[] _pages;
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
        _pages = new byte[(Capacity + PageSlots - 1) / PageSlots];

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
    // ORDER: none needed, also for the two below; Volatile keeps the 64-bit reads fresh for metrics.
    public long Inserted => Volatile.Read(ref _inserted);

    /// <summary>Times a slot went from an idle bucket to a new one. Any thread.</summary>
    public long Reused => Volatile.Read(ref _reused);

    /// <summary>Requests refused because a new bucket found no slot. Any thread.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Takes from one bucket.</summary>
    /// <param name="take">What is asked; receives the result.</param>
    /// <param name="nowMs">Unix milliseconds, from a clock that does not run backwards.</param>
    /// <returns>Whether the tokens were there; then, and only then, they are taken.</returns>
    [HotPath]
    public bool Take(ref BucketTake take, long nowMs) => take.Algorithm == LimitAlgorithm.TokenBucket
        ? Take<TokenBucket>(ref take, Find(take.Key), nowMs)
        : Take<SlidingWindow>(ref take, Find(take.Key), nowMs);

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
        1 => Take(ref takes[0], nowMs),
        _ => TakeSeveral(takes, nowMs),
    };

    /// <summary>Counts the buckets that are not idle. Cold: reads every page in use. Any thread; a snapshot nobody else sees.</summary>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <returns>0 to <see cref="Capacity"/>.</returns>
    public int CountActive(long nowMs)
    {
        int active = 0;
        for (int page = 0; page < _pages.Length; page++)
        {
            // ORDER: none needed, here and below; a snapshot may be a little old.
            if (Volatile.Read(ref _pages[page]) == PageUnused)
            {
                continue;
            }

            int end = int.Min((page + 1) * PageSlots, Capacity);
            for (int i = page * PageSlots; i < end; i++)
            {
                // ORDER: none needed, as above.
                ulong word = Volatile.Read(ref SlotAt(i)->Word) & ~BucketSlot.LockBit;
                active += BucketTime.IsIdle(word, nowMs) ? 0 : 1;
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

    /// <summary>Takes, beginning at a slot that showed the key when it was looked up, or null. Nothing is assumed about it since.</summary>
    internal bool Take<TAlgorithm>(ref BucketTake take, BucketSlot* slot, long nowMs)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        TAlgorithm request = TAlgorithm.Prepare(take.Limit, take.DurationMs, take.Cost, nowMs);
        SpinWait spin = default;

        // BOUND: AttemptsMax; see there.
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            BucketState next;
            if (slot is null)
            {
                // A bucket that is not there is full. Nothing is stored for a request that takes nothing.
                BucketState fresh = new(BucketTime.Fresh(nowMs), 0);
                if (!request.TryTake(fresh, out next))
                {
                    return Refuse(ref take, request.RefusedResetMs(fresh));
                }

                if (next.Word == fresh.Word)
                {
                    return Pass(ref take, in request, fresh);
                }

                slot = FindOrInsert(take.Key, nowMs, next, out bool isInserted);
                if (slot is null)
                {
                    return RefuseForSpace(ref take, nowMs);
                }

                if (isInserted)
                {
                    return Pass(ref take, in request, next);
                }
            }

            // ORDER: acquire. What follows is read after the word that has to vouch for it; pairs with the release in ClaimIn and TryStore.
            ulong word = Volatile.Read(ref slot->Word);
            if ((word & BucketSlot.LockBit) != 0)
            {
                spin.SpinOnce(sleep1Threshold: -1);
                continue;
            }

            // ORDER: acquire, as above. An algorithm without a second word does not read it.
            BucketState state = new(word, TAlgorithm.UsesSpare ? Volatile.Read(ref slot->Spare) : 0);
            if (!slot->HasKey(take.Key))
            {
                slot = Find(take.Key);
                continue;
            }

            bool passed = request.TryTake(state, out next);
            if (passed && next.Word != word)
            {
                if (TryStore<TAlgorithm>(slot, state, next))
                {
                    MarkChanged(slot);
                    return Pass(ref take, in request, next);
                }

                continue;
            }

            // ORDER: the key was read with acquire, so this load comes after it and proves the same for an answer that stores nothing.
            if (Volatile.Read(ref slot->Word) == word)
            {
                return passed ? Pass(ref take, in request, state) : Refuse(ref take, request.RefusedResetMs(state));
            }
        }

        return RefuseForSpace(ref take, nowMs);
    }

    /// <summary>Replaces a state unless it has changed. Success proves that the slot had one owner since the word was read: words do not repeat.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryStore<TAlgorithm>(BucketSlot* slot, BucketState state, BucketState next)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        // ORDER: full fence, here and below; MarkChanged counts on it.
        return TAlgorithm.UsesSpare && next.Spare != state.Spare
            ? TryStoreBoth(slot, state, next)
            : Interlocked.CompareExchange(ref slot->Word, next.Word, state.Word) == state.Word;
    }

    /// <summary>The same when the second word changes too, as a window's does once in a duration: under the lock bit, for two stores.</summary>
    private static bool TryStoreBoth(BucketSlot* slot, BucketState state, BucketState next)
    {
        // ORDER: full fence: the lock bit is out before the second word changes, and nobody acts on a word with the lock bit.
        if (Interlocked.CompareExchange(ref slot->Word, state.Word | BucketSlot.LockBit, state.Word) != state.Word)
        {
            return false;
        }

        // ORDER: release of the word: whoever sees it sees the second one as well. It is greater than the one before, so who read that looks again.
        Volatile.Write(ref slot->Spare, next.Spare);
        Volatile.Write(ref slot->Word, next.Word);
        return true;
    }

    private static bool Pass<TAlgorithm>(ref BucketTake take, in TAlgorithm request, BucketState after)
        where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm>
    {
        (take.Remaining, take.ResetMs) = request.Passed(after);
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
        // ORDER: none needed; a count.
        Interlocked.Increment(ref _refused);
        return Refuse(ref take, nowMs + RefusedRetryMs);
    }

    private void Free()
    {
        NativeMemory.Free(_allocation);
        _allocation = null;
        _slots = null;
    }
}
