using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Threading;

namespace Unkey.Engine.Memory;

/// <summary>Allocates the many small native objects of the tables: records and cells, 8-byte granules cut from large chunks.</summary>
/// <remarks>
/// Everything under the writer lock; readers only ever see the bytes. A freed object goes to the free list of its exact size and is never
/// merged with a neighbour; <see cref="RecordHeap"/> moves everything when too much is free. In return an object has no header of its own
/// (malloc's is 8 bytes and a lock), chunks are whole huge pages, and an allocation is a pop or a bump. Objects above
/// <see cref="SmallBytesMax"/> get a block each.
/// <code>
/// chunk:  | object | object | free -> next free of this size | object | bump pointer ->              end |
/// </code>
/// </remarks>
internal sealed unsafe class NativeHeap : IReclaimable, IDisposable
{
    internal const int Granule = 8;
    internal const int SmallBytesMax = 4096;
    private const long FirstChunkBytes = 64 * 1024;

    private readonly Lock _writerLock;
    private readonly List<NativeBlock> _chunks = [];
    private readonly Dictionary<nint, NativeBlock> _large = [];
    private readonly nint[] _free = new nint[(SmallBytesMax / Granule) + 1];
    private byte* _bump;
    private byte* _bumpEnd;
    private long _reserved;
    private long _allocatedBytes;

    internal NativeHeap(Lock writerLock) => _writerLock = writerLock;

    /// <summary>Bytes in live objects, rounded up to granules. Any thread; a recent value.</summary>
    // ORDER: none needed; Volatile keeps the 64-bit read fresh for metrics.
    internal long AllocatedBytes => Volatile.Read(ref _allocatedBytes);

    /// <summary>Bytes in free lists: usable again for their exact sizes only. Writer only.</summary>
    internal long FreeBytes { get; private set; }

    /// <summary>Bytes taken from the system. Any thread; a recent value.</summary>
    // ORDER: as AllocatedBytes.
    internal long ReservedBytes => Volatile.Read(ref _reserved);

    /// <summary>Returns an object of at least that many bytes, aligned to 8, with unspecified content.</summary>
    internal byte* Allocate(nuint byteCount)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The heap is the writer's.");
        nuint size = RoundUp(byteCount);
        _allocatedBytes += (long)size;
        if (size > SmallBytesMax)
        {
            return AllocateLarge(size);
        }

        ref nint free = ref _free[size / Granule];
        if (free != 0)
        {
            byte* recycled = (byte*)free;
            free = *(nint*)recycled;
            FreeBytes -= (long)size;
            return recycled;
        }

        if ((nuint)(_bumpEnd - _bump) < size)
        {
            AddChunk();
        }

        byte* fresh = _bump;
        _bump += size;
        return fresh;
    }

    /// <summary>Allocates an object with the bytes of another.</summary>
    internal byte* CopyOf(byte* original, nuint byteCount)
    {
        byte* copy = Allocate(byteCount);
        NativeMemory.Copy(original, copy, byteCount);
        return copy;
    }

    /// <summary>Takes an object back. Nothing may read it any more. The size is the one it was allocated with.</summary>
    internal void Free(byte* pointer, nuint byteCount)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The heap is the writer's.");
        nuint size = RoundUp(byteCount);
        _allocatedBytes -= (long)size;
        if (size > SmallBytesMax)
        {
            _large.Remove((nint)pointer, out NativeBlock? block);
            _reserved -= (long)block!.ByteCount;
            block.Dispose();
            return;
        }

        FreeBytes += (long)size;
        NativeBlock.Poison(pointer, size);
        ref nint free = ref _free[size / Granule];
        *(nint*)pointer = free;
        free = (nint)pointer;
    }

    /// <summary>Takes over a chunk that was filled outside, so that it lives as long as the heap.</summary>
    internal void Adopt(NativeBlock chunk)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The heap is the writer's.");
        _chunks.Add(chunk);
        _reserved += (long)chunk.ByteCount;
    }

    /// <summary>Counts objects of a chunk that is, or will be, adopted: they can be freed like those that were allocated here.</summary>
    internal void Admit(nuint byteCount)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The heap is the writer's.");
        _allocatedBytes += (long)byteCount;
    }

    void IReclaimable.Reclaim(nint address, nuint byteCount) => Free((byte*)address, byteCount);

    /// <summary>Returns everything to the system. No reader may be left.</summary>
    public void Dispose()
    {
        foreach (NativeBlock chunk in _chunks)
        {
            chunk.Dispose();
        }

        foreach (NativeBlock block in _large.Values)
        {
            block.Dispose();
        }

        _chunks.Clear();
        _large.Clear();
        Array.Clear(_free);
        _bump = _bumpEnd = null;
        _reserved = 0;
        _allocatedBytes = 0;
        FreeBytes = 0;
    }

    /// <summary>What an object of a size takes.</summary>
    internal static nuint RoundUp(nuint byteCount) => (byteCount + (Granule - 1)) & ~(nuint)(Granule - 1);

    private byte* AllocateLarge(nuint size)
    {
        NativeBlock block = NativeBlock.Allocate(size);
        _large.Add((nint)block.Pointer, block);
        _reserved += (long)size;
        return block.Pointer;
    }

    private void AddChunk()
    {
        // What is left of the old chunk is less than one small object; it stays unused. Chunks double up to a huge page, so that a store of
        // a few keys costs a few pages.
        nuint bytes = (nuint)BitOperations.RoundUpToPowerOf2((ulong)Math.Clamp(_reserved, FirstChunkBytes, (long)NativeBlock.HugePageBytes));
        NativeBlock chunk = NativeBlock.Allocate(bytes, touched: false);
        Adopt(chunk);
        _bump = chunk.Pointer;
        _bumpEnd = _bump + bytes;
    }
}
