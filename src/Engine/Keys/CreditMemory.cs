using System;
using System.Collections.Generic;
using Unkey.Engine.Memory;

namespace Unkey.Engine.Keys;

/// <summary>Where credit cells live. The writer's; the memory itself is read and written by any thread.</summary>
public interface ICreditMemory : IDisposable
{
    /// <summary>Gives another chunk, which is the ledger's until the memory is disposed.</summary>
    /// <returns>Zeroed bytes at an address that is a multiple of <see cref="UnsettledCredits.CellBytes"/>.</returns>
    /// <exception cref="OutOfMemoryException">There is no more.</exception>
    public CreditChunk Grow();
}

/// <summary>A piece of memory for credit cells.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="Bytes">Its size, at least <see cref="UnsettledCredits.CellBytes"/>.</param>
public readonly record struct CreditChunk(nint Address, int Bytes);

/// <summary>Memory of the process, which dies with it.</summary>
public sealed unsafe class NativeCreditMemory : ICreditMemory
{
    private const int ChunkBytes = 64 * 1024;

    private readonly List<NativeBlock> _blocks = [];

    /// <inheritdoc/>
    public CreditChunk Grow()
    {
        NativeBlock block = NativeBlock.Allocate(ChunkBytes);
        _blocks.Add(block);
        return new CreditChunk((nint)block.Pointer, ChunkBytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _blocks.ForEach(static block => block.Dispose());
        _blocks.Clear();
    }
}
