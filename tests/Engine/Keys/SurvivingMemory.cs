using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Unkey.Engine.Keys;

namespace Unkey.Engine.Tests.Keys;

/// <summary>Memory for credit cells that can be read as the next process would read the file.</summary>
internal sealed unsafe class SurvivingMemory : ICreditMemory
{
    // Small, so that tests meet a new chunk.
    private const int ChunkBytes = 1024;

    private readonly List<nint> _chunks = [];

    public CreditChunk Grow()
    {
        nint chunk = (nint)NativeMemory.AlignedAlloc(ChunkBytes, 64);
        NativeMemory.Clear((void*)chunk, ChunkBytes);
        _chunks.Add(chunk);
        return new CreditChunk(chunk, ChunkBytes);
    }

    public IEnumerable<UnsettledCredits> Unsettled()
    {
        List<UnsettledCredits> found = [];
        foreach (nint chunk in _chunks)
        {
            for (int at = 0; at < ChunkBytes; at += UnsettledCredits.CellBytes)
            {
                if (UnsettledCredits.TryRead(new ReadOnlySpan<byte>((byte*)chunk + at, UnsettledCredits.CellBytes), out UnsettledCredits cell))
                {
                    found.Add(cell);
                }
            }
        }

        return found;
    }

    public void Dispose()
    {
        _chunks.ForEach(static chunk => NativeMemory.AlignedFree((void*)chunk));
        _chunks.Clear();
    }
}
