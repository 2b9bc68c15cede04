using System;
using System.Buffers;
using System.Collections.Generic;
using Unkey.Tests.Support;

namespace Unkey.Fuzz;

/// <summary>An input laid out in the ways in which a connection may present it.</summary>
internal static class Layouts
{
    // Every split of a short input; of a long one this many, at distances that differ with its length.
    private const int SplitsMax = 24;

    /// <summary>Where to split an input into two.</summary>
    public static IEnumerable<int> Splits(int length)
    {
        int step = (length / SplitsMax) + 1;
        for (int at = length % step; at <= length; at += step)
        {
            yield return at;
        }
    }

    /// <summary>Calls for the input in two segments, in a segment a byte, and in front of a page that cannot be read.</summary>
    public static void Each(byte[] input, Action<string, ReadOnlySequence<byte>> look)
    {
        foreach (int at in Splits(input.Length))
        {
            look($"split at {at}", Inputs.Split(input, at));
        }

        look("a byte a segment", Inputs.BytePerSegment(input));
        AtGuardPage(input, sequence => look("before a guard page", sequence));
    }

    /// <summary>Calls for the input in front of a page that cannot be read: one byte too many ends the process.</summary>
    public static void AtGuardPage(byte[] input, Action<ReadOnlySequence<byte>> look)
    {
        if (GuardedBytes.IsSupported)
        {
            using GuardedBytes guarded = new(input);
            look(guarded.Sequence);
        }
    }
}
