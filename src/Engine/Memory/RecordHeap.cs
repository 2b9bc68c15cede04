using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace Unkey.Engine.Memory;

/// <summary>Where key and identity records live: a <see cref="NativeHeap"/> that is replaced by a dense copy when most of it is free.</summary>
/// <remarks>
/// A heap of exact sizes reuses freed memory only for the same size, so a store whose records keep changing size, or that lost most of its keys,
/// would hold memory it cannot use. Records are immutable and reached through few places, so they can be moved like any other update: copied,
/// published, and the old heap retired as a whole. Readers notice nothing. That happens only when more bytes are free than live, so it costs a
/// constant for each byte freed. Everything under the writer lock.
/// </remarks>
internal sealed class RecordHeap(Lock writerLock, Reclaimer reclaimer) : IDisposable
{
    private readonly List<IRecordOwner> _owners = [];
    private NativeHeap _current = new(writerLock);

    /// <summary>Free bytes below which nothing is moved.</summary>
    internal long SparseBytesMin { get; set; } = 16 * 1024 * 1024;

    /// <summary>The heap of every live record. Its counters may be read by any thread.</summary>
    // ORDER: acquire. Pairs with the release in CompactIfSparse; only metrics read it without the lock.
    internal NativeHeap Current => Volatile.Read(ref _current);

    /// <summary>How often records were moved.</summary>
    internal int CompactionCount { get; private set; }

    internal void Add(IRecordOwner owner) => _owners.Add(owner);

    /// <summary>Moves all records if more than half of their memory is free. Called where the writer holds no address of a record.</summary>
    internal void CompactIfSparse()
    {
        Debug.Assert(writerLock.IsHeldByCurrentThread, "The heap is the writer's.");
        NativeHeap sparse = _current;
        if (sparse.FreeBytes < SparseBytesMin || sparse.FreeBytes <= sparse.AllocatedBytes)
        {
            return;
        }

        var dense = new NativeHeap(writerLock);
        foreach (IRecordOwner owner in _owners)
        {
            owner.MoveRecords(dense);
        }

        // ORDER: release. Publishes the heap object; pairs with the acquire in Current.
        Volatile.Write(ref _current, dense);
        CompactionCount++;

        // Records of the old heap that were retired one by one are ahead in the queue, so they are given back before their heap goes.
        reclaimer.Retire(new WholeHeap(sparse), 0, (nuint)sparse.ReservedBytes);
    }

    /// <summary>Returns the live records to the system. No reader may be left.</summary>
    public void Dispose() => _current.Dispose();

    private sealed class WholeHeap(NativeHeap heap) : IReclaimable
    {
        public void Reclaim(nint address, nuint byteCount) => heap.Dispose();
    }
}
