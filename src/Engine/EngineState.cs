using System;
using System.Threading;
using Unkey.Engine.Keys;
using Unkey.Engine.Limits;
using Unkey.Engine.Memory;
using Unkey.Engine.Namespaces;
using Unkey.Engine.Registries;

namespace Unkey.Engine;

/// <summary>Everything verification decides on, in memory: the tables, the registries, and the one lock of their writers.</summary>
/// <remarks>
/// Thread-safety in one place. Readers: any thread that registered with <see cref="Reclaimer"/> and is online, without a lock; or any thread
/// that holds <see cref="WriterLock"/>, which keeps everything it sees alive until it writes itself. Writers: whoever holds
/// <see cref="WriterLock"/>; all publication, removal, retirement and collection. The lock is never held across I/O or an await, and no
/// reader waits for it.
/// </remarks>
public sealed class EngineState : IDisposable
{
    /// <summary>Makes an empty state.</summary>
    /// <param name="expectedKeys">Keys to make room for at once, so that a load does not grow the table step by step; 0 or more.</param>
    /// <param name="bucketCapacity">Rate-limit buckets that can be active at one time; see <see cref="BucketTable"/>.</param>
    /// <param name="bucketHash">Secret of the places in the bucket table, when it has to be that of an earlier process; else a fresh one.</param>
    /// <param name="algorithm">How every limit counts whose namespace says nothing else.</param>
    /// <param name="creditMemory">Where credit cells live, the state's from now on; else memory of the process.</param>
    public EngineState(
        long expectedKeys = 0,
        int bucketCapacity = BucketTable.DefaultCapacity,
        KeyedHash? bucketHash = null,
        LimitAlgorithm algorithm = LimitAlgorithm.TokenBucket,
        ICreditMemory? creditMemory = null)
        : this(static writerLock => new Reclaimer(writerLock), expectedKeys, bucketCapacity, bucketHash, algorithm, creditMemory)
    {
    }

    /// <summary>The same with another reclaimer: how a test shows that it would notice a broken one.</summary>
    internal EngineState(
        Func<Lock, Reclaimer> reclaimer,
        long expectedKeys = 0,
        int bucketCapacity = BucketTable.DefaultCapacity,
        KeyedHash? bucketHash = null,
        LimitAlgorithm algorithm = LimitAlgorithm.TokenBucket,
        ICreditMemory? creditMemory = null)
    {
        Buckets = new BucketTable(bucketCapacity);
        BucketHash = bucketHash ?? KeyedHash.CreateRandom();
        Algorithm = algorithm;
        Reclaimer = reclaimer(WriterLock);
        Records = new RecordHeap(WriterLock, Reclaimer);
        Credits = new CreditLedger(WriterLock, creditMemory ?? new NativeCreditMemory());
        Identities = new IdentityDirectory(WriterLock, Reclaimer, Records);
        Keys = new KeyTable(WriterLock, Reclaimer, Records, Identities, Credits, expectedKeys);
        Workspaces = new WorkspaceRegistry(WriterLock);
        Apis = new ApiRegistry(WriterLock);
        Namespaces = new NamespaceTable(WriterLock);
    }

    /// <summary>Held by whoever changes anything here.</summary>
    public Lock WriterLock { get; } = new();

    /// <summary>Frees what readers may still hold once they cannot.</summary>
    public Reclaimer Reclaimer { get; }

    /// <summary>Keys by digest.</summary>
    public KeyTable Keys { get; }

    /// <summary>When root keys were used.</summary>
    public RootKeyUses RootKeyUses { get; } = new();

    /// <summary>Credits of the keys that have a limit.</summary>
    public CreditLedger Credits { get; }

    /// <summary>Identities that keys are linked to.</summary>
    public IdentityDirectory Identities { get; }

    /// <summary>Workspaces by index.</summary>
    public WorkspaceRegistry Workspaces { get; }

    /// <summary>APIs by index.</summary>
    public ApiRegistry Apis { get; }

    /// <summary>Rate-limit namespaces with their overrides.</summary>
    public NamespaceTable Namespaces { get; }

    /// <summary>Rate-limit buckets. Any thread; needs neither the lock nor the reclaimer.</summary>
    public BucketTable Buckets { get; }

    /// <summary>Secret of the places in <see cref="Buckets"/>; what builds a <see cref="LimitSpec"/> passes it to <see cref="BucketKey"/>.</summary>
    public KeyedHash BucketHash { get; }

    /// <summary>How limits of keys and identities count, limits that a verification brings, and those of namespaces without an algorithm of their own.</summary>
    public LimitAlgorithm Algorithm { get; }

    /// <summary>Bytes of live key and identity records. Any thread; a recent value.</summary>
    public long RecordBytes => Records.Current.AllocatedBytes + Identities.CellBytes;

    /// <summary>Bytes taken from the system for records, free ones included. Any thread; a recent value.</summary>
    public long ReservedBytes => Records.Current.ReservedBytes;

    /// <summary>Where the records live.</summary>
    internal RecordHeap Records { get; }

    /// <summary>Frees all native memory. Every reader must have stopped; only at the end of the process or of a test.</summary>
    public void Dispose()
    {
        lock (WriterLock)
        {
            Reclaimer.Collect();
            Keys.FreeSlots();
            Credits.Dispose();
            Identities.Dispose();
            Records.Dispose();
            Buckets.Dispose();
        }
    }
}
