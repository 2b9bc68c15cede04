using System;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Unkey.Engine.Memory;

/// <summary>Owns one block of zeroed memory off the managed heap: table slots, record chunks, bucket words.</summary>
/// <remarks>
/// Allocation and disposal belong to the one thread that owns the structure on top (or happen under its writer lock). The memory itself may be
/// read and written by any thread for as long as the owner keeps the block alive; a block that readers may still see is handed to
/// <see cref="Reclaimer.Retire(NativeBlock)"/> instead of being disposed.
/// Blocks of at least one huge page are aligned to it and offered to the kernel as huge pages (<c>madvise</c>), because random lookups in a
/// table of a million keys or more are bound by TLB misses. On Linux they are mapped for themselves, so they can also be had untouched: the kernel
/// then makes each page when it is first touched, and the size of a block costs nothing before it is used. Debug builds fill a block with <see cref="PoisonByte"/> before it is freed.
/// </remarks>
public sealed unsafe class NativeBlock : IDisposable
{
    /// <summary>What freed memory is filled with in debug builds, so that a use after free is seen at once.</summary>
    internal const byte PoisonByte = 0xDD;

    /// <summary>Bytes of a huge page on x86-64 and on arm64 with 4 KiB base pages.</summary>
    internal const nuint HugePageBytes = 2 * 1024 * 1024;

    private readonly bool _isMapped;
    private byte* _pointer;

    private NativeBlock(byte* pointer, nuint byteCount, bool isMapped)
    {
        _pointer = pointer;
        _isMapped = isMapped;
        ByteCount = byteCount;
    }

    /// <summary>Usable size in bytes, as asked for.</summary>
    public nuint ByteCount { get; }

    /// <summary>The first byte; null after disposal. Only <c>Engine/Memory</c> and the tables on it touch this.</summary>
    internal byte* Pointer => _pointer;

    /// <summary>Allocates a zeroed block.</summary>
    /// <param name="byteCount">Size in bytes, at least 1.</param>
    /// <param name="alignment">Smallest alignment in bytes, a power of two; 64 (a cache line) by default.</param>
    /// <param name="touched">Whether every page is made now, so that no later access pays for it; false where only the writer comes first.</param>
    /// <returns>A block that the caller owns.</returns>
    /// <exception cref="OutOfMemoryException">The system has no such block.</exception>
    public static NativeBlock Allocate(nuint byteCount, uint alignment = 64, bool touched = true)
    {
        ArgumentOutOfRangeException.ThrowIfZero(byteCount);
        if (!BitOperations.IsPow2(alignment))
        {
            throw new ArgumentOutOfRangeException(nameof(alignment), alignment, "An alignment is a power of two.");
        }

        bool huge = byteCount >= HugePageBytes;
        if (huge && HugePages.Map(byteCount) is var mapped && mapped is not null)
        {
            if (touched)
            {
                NativeMemory.Clear(mapped, byteCount);
            }

            return new NativeBlock(mapped, byteCount, isMapped: true);
        }

        byte* pointer = (byte*)NativeMemory.AlignedAlloc(byteCount, huge ? HugePageBytes : alignment);
        NativeMemory.Clear(pointer, byteCount);
        return new NativeBlock(pointer, byteCount, isMapped: false);
    }

    /// <summary>Frees the memory. Nothing may read it any more; see the remarks. Repeated calls do nothing.</summary>
    public void Dispose()
    {
        if (_pointer is null)
        {
            return;
        }

        Poison(_pointer, ByteCount);
        if (_isMapped)
        {
            HugePages.Unmap(_pointer, ByteCount);
        }
        else
        {
            NativeMemory.AlignedFree(_pointer);
        }

        _pointer = null;
    }

    /// <summary>Overwrites freed memory in debug builds.</summary>
    [Conditional("DEBUG")]
    internal static void Poison(byte* pointer, nuint byteCount) => NativeMemory.Fill(pointer, byteCount, PoisonByte);
}
