using System;
using System.Buffers;

namespace Unkey.Server.Transport;

/// <summary>One block of a connection's input or output: a pinned array and the part of it that holds data.</summary>
/// <remarks>Belongs to one reactor thread. Bytes [<see cref="Start"/>, <see cref="End"/>) are data; the rest is free.</remarks>
internal sealed class BufferSegment : ReadOnlySequenceSegment<byte>
{
    internal BufferSegment(byte[] array, bool pooled)
    {
        Array = array;
        IsPooled = pooled;
        Memory = array;
    }

    /// <summary>The block, on the pinned object heap, so that its address can go to the kernel.</summary>
    internal byte[] Array { get; }

    /// <summary>False for a block made for one oversized answer, which is left to the collector.</summary>
    internal bool IsPooled { get; }

    /// <summary>First byte not yet consumed or sent.</summary>
    internal int Start { get; set; }

    /// <summary>One past the last byte written.</summary>
    internal int End { get; private set; }

    /// <summary>How many bytes can still be appended.</summary>
    internal int Free => Array.Length - End;

    /// <summary>How many bytes wait in this block.</summary>
    internal int Length => End - Start;

    /// <summary>The next block of the chain, or null.</summary>
    internal BufferSegment? NextSegment
    {
        get => (BufferSegment?)Next;
        private set => Next = value;
    }

    /// <summary>Records that <paramref name="count"/> bytes were written at <see cref="End"/>.</summary>
    [HotPath]
    internal void Append(int count) => End += count;

    /// <summary>Puts <paramref name="next"/> behind this block and continues the running index.</summary>
    internal void Link(BufferSegment next)
    {
        // A sequence takes the last block's end as given; only of a block with another behind it the memory has to end with the data.
        Memory = new ReadOnlyMemory<byte>(Array, 0, End);
        next.RunningIndex = RunningIndex + End;
        NextSegment = next;
    }

    /// <summary>Back to an empty block without neighbours.</summary>
    [HotPath]
    internal void Reset()
    {
        Start = 0;
        End = 0;
        RunningIndex = 0;
        if (NextSegment is not null)
        {
            NextSegment = null;
            Memory = Array;
        }
    }
}
