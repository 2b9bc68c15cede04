using System;
using System.Diagnostics;
using System.Threading;

namespace Unkey.Engine.Memory;

/// <summary>One reader's part in reclamation: a reactor thread, or whoever reads the tables without holding the writer lock.</summary>
/// <remarks>
/// Used by one thread at a time. Between <see cref="Enter"/> and <see cref="Exit"/> the reader is online and may hold records; whatever it
/// holds is gone after its next <see cref="Quiescent"/> or <see cref="Exit"/>. A reader that is about to block goes offline first, or memory
/// retired meanwhile is not freed. All three are wait-free and allocate nothing. Why this is sound: docs/memory-reclamation.md.
/// </remarks>
public sealed class Participant : IDisposable
{
    internal const long Offline = 0;

    private readonly Reclaimer _owner;
    private readonly EpochClock _clock;
    private PaddedInt64 _seen;

    internal Participant(Reclaimer owner, EpochClock clock)
    {
        _owner = owner;
        _clock = clock;
    }

    /// <summary>Whether the reader is between <see cref="Enter"/> and <see cref="Exit"/>. Exact on the reader's own thread.</summary>
    public bool IsOnline => _seen.Value != Offline;

    /// <summary>The epoch of the last quiescent point, or <see cref="Offline"/>. Called by the writer.</summary>
    // ORDER: acquire. Pairs with the releases in Quiescent and Exit: the reader's loads before its announcement are done before we free.
    internal long Seen => Volatile.Read(ref _seen.Value);

    /// <summary>Goes online: from here on what the reader finds stays valid until its next quiescent point.</summary>
    [HotPath]
    public void Enter()
    {
        Debug.Assert(_seen.Value == Offline, "Enter is not nested.");

        // ORDER: acquire. Pairs with the increment in Reclaimer.Collect.
        long epoch = Volatile.Read(ref _clock.Epoch.Value);

        // ORDER: full fence (store, then later loads). Pairs with the increment in Reclaimer.Collect: either the writer sees this reader
        // online, or this reader sees everything the writer had unlinked.
        Interlocked.Exchange(ref _seen.Value, epoch);
    }

    /// <summary>States that the reader holds nothing from before this call. One call each loop iteration; needs no fence.</summary>
    [HotPath]
    public void Quiescent()
    {
        Debug.Assert(_seen.Value != Offline, "A quiescent point belongs between Enter and Exit.");

        // ORDER: acquire. Pairs with the increment in Reclaimer.Collect: having seen epoch e, later loads see all that was unlinked before e.
        long epoch = Volatile.Read(ref _clock.Epoch.Value);
        if (epoch != _seen.Value)
        {
            // ORDER: release. Pairs with Seen: loads of records made before this point are done before the writer can see it.
            Volatile.Write(ref _seen.Value, epoch);
        }
    }

    /// <summary>Goes offline: the reader holds nothing and holds nothing back, for as long as it likes.</summary>
    [HotPath]
    public void Exit()
    {
        // ORDER: release. Pairs with Seen, as in Quiescent.
        Volatile.Write(ref _seen.Value, Offline);
    }

    /// <summary>Leaves for good; goes offline if it was online.</summary>
    public void Dispose()
    {
        Exit();
        _owner.Unregister(this);
    }
}
