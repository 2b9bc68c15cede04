using System;

namespace Unkey.Server.Transport;

/// <summary>The blocks of one reactor: last in, first out, so that the block just used, still in the cache, is used again.</summary>
/// <remarks>
/// One reactor thread only. An idle connection holds no block, so the pool's size follows the connections that are in
/// the middle of a request. Blocks beyond <see cref="RetainedMax"/> are left to the collector.
/// </remarks>
internal sealed class BufferPool
{
    /// <summary>Bytes in a pooled block: several pipelined requests, or one large head, in one receive.</summary>
    internal const int BlockBytes = 16 * 1024;

    /// <summary>Blocks kept for reuse: 4 MiB a reactor.</summary>
    internal const int RetainedMax = 256;

    private readonly BufferSegment?[] _free = new BufferSegment?[RetainedMax];
    private int _freeCount;

    /// <summary>Blocks given out and not yet returned; the tests' leak check.</summary>
    internal int RentedCount { get; private set; }

    /// <summary>An empty block of <see cref="BlockBytes"/>.</summary>
    [HotPath]
    internal BufferSegment Rent()
    {
        RentedCount++;
        if (_freeCount > 0)
        {
            BufferSegment segment = _free[--_freeCount]!;
            _free[_freeCount] = null;
            return segment;
        }

        return Allocate(BlockBytes, pooled: true);
    }

    /// <summary>An empty block of at least <paramref name="bytes"/>, pooled only when the ordinary size suffices.</summary>
    [HotPath]
    internal BufferSegment Rent(int bytes)
    {
        if (bytes <= BlockBytes)
        {
            return Rent();
        }

        RentedCount++;
        return Allocate(bytes, pooled: false);
    }

    /// <summary>Takes back a block; the caller must not use it again.</summary>
    /// <param name="segment">The block.</param>
    /// <param name="heldSecrets">Whether keys were in it, which must not stay in memory for longer than their request: then it is cleared.</param>
    [HotPath]
    internal void Return(BufferSegment segment, bool heldSecrets)
    {
        RentedCount--;
        if (heldSecrets)
        {
            segment.Array.AsSpan(0, segment.End).Clear();
        }

        segment.Reset();
        if (segment.IsPooled && _freeCount < RetainedMax)
        {
#if DEBUG
            // Poison, so that an answer which carries bytes of an earlier request is recognised by the tests.
            segment.Array.AsSpan().Fill(0xDD);
#endif
            _free[_freeCount++] = segment;
        }
    }

    // ALLOC: only while the pool grows to the number of connections that are in a request at once.
    private static BufferSegment Allocate(int bytes, bool pooled) =>
        new(GC.AllocateUninitializedArray<byte>(bytes, pinned: true), pooled);
}
