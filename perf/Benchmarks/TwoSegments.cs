using System;
using System.Buffers;

namespace Unkey.Perf;

/// <summary>A sequence of two pieces, as a connection holds when a read ends in the middle of a head.</summary>
internal sealed class TwoSegments : ReadOnlySequenceSegment<byte>
{
    private TwoSegments(ReadOnlyMemory<byte> memory, long index)
    {
        Memory = memory;
        RunningIndex = index;
    }

    internal static ReadOnlySequence<byte> Of(byte[] bytes, int split)
    {
        TwoSegments first = new(bytes.AsMemory(0, split), 0);
        TwoSegments second = new(bytes.AsMemory(split), split);
        first.Next = second;
        return new ReadOnlySequence<byte>(first, 0, second, bytes.Length - split);
    }
}
