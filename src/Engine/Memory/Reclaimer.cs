using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace Unkey.Engine.Memory;

/// <summary>
/// Frees memory that readers without locks may still hold, once each of them has passed a quiescent point: quiescent-state-based reclamation.
/// </summary>
/// <remarks>
/// Readers are <see cref="Participant"/>s. The writer first unlinks (so that no new reader can find the memory), then retires; both, and
/// <see cref="Collect"/>, under the writer lock.
/// <para>
/// Proof sketch. Retired memory carries a target epoch one above the epoch in force. <see cref="Collect"/> raises the epoch to the target by
/// an interlocked increment, after the unlink in program order, and frees what has a target no online participant is below.
/// (1) A participant that shows e &gt;= target loaded that epoch with acquire after the increment, hence after the unlink: its later loads
/// cannot find the memory; its earlier loads were done before its release store of e, which the writer read with acquire before it freed.
/// (2) A participant seen offline has, at worst, a store of Enter still on its way. Enter is store, full fence, loads; the writer is unlink,
/// full fence, load of the participant. One of the two fences is first: either the writer sees the participant online, or the participant
/// sees the unlink. (3) A participant not yet in the list is case (2) with the list as its store. The long form: docs/memory-reclamation.md.
/// Source: Hart, McKenney, Brown, Walpole, "Performance of memory reclamation for lockless synchronization" (2007), QSBR; liburcu's qsbr flavour.
/// </para>
/// </remarks>
public class Reclaimer
{
    /// <summary>Retirements after which <see cref="Retire(NativeBlock)"/> collects by itself, so that the backlog follows the readers, not the caller's habits.</summary>
    internal const int CollectEvery = 64;

    private readonly EpochClock _clock = new();
    private readonly Lock _writerLock;
    private readonly Lock _registration = new();
    private readonly Queue<Retired> _retired = new();
    private Participant[] _participants = [];
    private int _sinceCollect;
    private long _pendingBytes;
    private long _pendingCount;
    private long _freedCount;

    /// <summary>Makes a reclaimer without participants.</summary>
    /// <param name="writerLock">The one lock that serialises everything that unlinks, retires and collects.</param>
    public Reclaimer(Lock writerLock) => _writerLock = writerLock;

    /// <summary>Bytes retired and not freed yet. Any thread; a recent value.</summary>
    // ORDER: none needed; Volatile keeps the 64-bit read fresh for metrics.
    public long PendingBytes => Volatile.Read(ref _pendingBytes);

    /// <summary>Retirements not freed yet. Any thread; a recent value.</summary>
    // ORDER: as PendingBytes.
    public long PendingCount => Volatile.Read(ref _pendingCount);

    /// <summary>Retirements freed since the start. Any thread; a recent value.</summary>
    // ORDER: as PendingBytes.
    public long FreedCount => Volatile.Read(ref _freedCount);

    /// <summary>Registered readers, online or not. Any thread.</summary>
    // ORDER: acquire. Pairs with the publication in Register and Unregister.
    public int ParticipantCount => Volatile.Read(ref _participants).Length;

    /// <summary>Adds a reader, offline at first. Any thread; allocates.</summary>
    public Participant Register()
    {
        var participant = new Participant(this, _clock);
        lock (_registration)
        {
            Participant[] grown = [.. _participants, participant];

            // ORDER: release. Pairs with the read in Collect; the fence of the participant's first Enter completes case (3) of the proof.
            Volatile.Write(ref _participants, grown);
        }

        return participant;
    }

    /// <summary>Hands over a whole block that no reader can find any more. Under the writer lock.</summary>
    public void Retire(NativeBlock block)
    {
        ArgumentNullException.ThrowIfNull(block);
        Retire(new BlockReclaimable(block), 0, block.ByteCount);
    }

    /// <summary>Frees everything that no reader can hold. Under the writer lock; never waits. The host also calls it on a timer.</summary>
    /// <returns>How many retirements were freed.</returns>
    public int Collect()
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "Collect is the writer's.");
        _sinceCollect = 0;
        if (_retired.Count == 0)
        {
            return 0;
        }

        if (Newest > _clock.Epoch.Value)
        {
            // ORDER: full fence and release. Pairs with the epoch loads of the participants and with the fence in Enter: everything unlinked
            // above is visible to whoever sees the new epoch, and the loads of the participants below come after it.
            Interlocked.Increment(ref _clock.Epoch.Value);
        }

        long safe = SafeEpoch();
        int freed = 0;

        // BOUND: each turn takes one off the queue.
        while (_retired.TryPeek(out Retired oldest) && oldest.TargetEpoch <= safe)
        {
            _retired.Dequeue();
            oldest.Owner.Reclaim(oldest.Address, oldest.ByteCount);
            _pendingBytes -= (long)oldest.ByteCount;
            freed++;
        }

        _pendingCount = _retired.Count;
        _freedCount += freed;
        return freed;
    }

    /// <summary>Hands over memory that no reader can find any more; its owner gets it back when no reader can hold it. Under the writer lock.</summary>
    internal virtual void Retire(IReclaimable owner, nint address, nuint byteCount)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "Retire is the writer's.");
        Newest = _clock.Epoch.Value + 1;
        _retired.Enqueue(new Retired(owner, address, byteCount, Newest));
        _pendingBytes += (long)byteCount;
        _pendingCount = _retired.Count;
        if (++_sinceCollect >= CollectEvery)
        {
            Collect();
        }
    }

    internal void Unregister(Participant participant)
    {
        lock (_registration)
        {
            Participant[] shrunk = Array.FindAll(_participants, other => !ReferenceEquals(other, participant));

            // ORDER: release. Pairs with the read in Collect; the participant is offline for good, so a stale list only costs a look at it.
            Volatile.Write(ref _participants, shrunk);
        }
    }

    /// <summary>Target of the last retirement: targets never fall, so the queue is in order.</summary>
    private long Newest { get; set; }

    private long SafeEpoch()
    {
        long safe = long.MaxValue;

        // ORDER: acquire, after the fence in Collect. Pairs with the publication in Register.
        foreach (Participant participant in Volatile.Read(ref _participants))
        {
            long seen = participant.Seen;
            if (seen != Participant.Offline && seen < safe)
            {
                safe = seen;
            }
        }

        return safe;
    }

    private readonly record struct Retired(IReclaimable Owner, nint Address, nuint ByteCount, long TargetEpoch);

    private sealed class BlockReclaimable(NativeBlock block) : IReclaimable
    {
        public void Reclaim(nint address, nuint byteCount) => block.Dispose();
    }
}
