using System;
using System.Numerics;
using System.Threading;

namespace Unkey.Server.Diagnostics;

/// <summary>A log-linear histogram of durations: 16 equal steps in each power of two, so a value is known to 6.25 %.</summary>
/// <remarks>One thread records, any thread reads. Recording takes three plain increments and never allocates, blocks or throws.
/// Buckets of a value of n nanoseconds, written as bits:
/// <code>
///   n &lt; 16       : bucket n
///   1xxxx00…0    : the 4 bits x behind the leading one choose the step inside its octave
/// </code>
/// Source: HdrHistogram's bucket layout with a sub-bucket count of 16 (Tene, hdrhistogram.org).</remarks>
internal sealed class LatencyHistogram
{
    /// <summary>Steps in one power of two.</summary>
    public const int StepsPerOctave = 16;

    /// <summary>Values of 2^36 ns (68.7 s) and more share the last bucket: no request lives that long.</summary>
    public const int MaxExponent = 36;

    private const int StepBits = 4;

    // A line and its prefetched neighbour: what one reactor writes must not share a line with what another one writes.
    private const int PadSlots = 16;
    private const int BucketCount = (MaxExponent - StepBits + 1) * StepsPerOctave;

    // Layout: [pad][sum][count][buckets...][pad]
    // ORDER: none needed. One thread writes; others read counters that may be a little old, each untorn.
    private readonly long[] _slots = new long[PadSlots + 2 + BucketCount + PadSlots];

    /// <summary>Number of values recorded. Read on any thread; may lag behind by what is in flight.</summary>
    public long Count => Volatile.Read(ref _slots[PadSlots + 1]);

    /// <summary>Sum of all values, in nanoseconds.</summary>
    public long SumNanoseconds => Volatile.Read(ref _slots[PadSlots]);

    /// <summary>Adds one value. Owner thread only.</summary>
    /// <param name="nanoseconds">A duration; a negative one counts as 0.</param>
    [HotPath]
    public void Record(long nanoseconds)
    {
        long value = Math.Max(nanoseconds, 0);
        long[] slots = _slots;

        // ORDER: none needed. One writer; readers want each 64-bit counter untorn, not a snapshot across counters.
        slots[PadSlots] += value;
        slots[PadSlots + 1]++;
        slots[PadSlots + 2 + BucketOf(value)]++;
    }

    /// <summary>Adds this histogram's counts to running totals. Any thread.</summary>
    /// <param name="totals">One slot a bucket, at least <see cref="NewTotals"/>'s length.</param>
    public void AddTo(Span<long> totals)
    {
        for (int i = 0; i < BucketCount; i++)
        {
            totals[i] += Volatile.Read(ref _slots[PadSlots + 2 + i]);
        }
    }

    /// <summary>Room for the sums over several histograms.</summary>
    /// <returns>A zeroed array, one slot a bucket.</returns>
    public static long[] NewTotals() => new long[BucketCount];

    /// <summary>The bucket that holds a value.</summary>
    /// <param name="nanoseconds">Zero or more.</param>
    /// <returns>An index below the length of <see cref="NewTotals"/>; larger values never have a smaller index.</returns>
    [HotPath]
    public static int BucketOf(long nanoseconds)
    {
        if (nanoseconds < StepsPerOctave)
        {
            return (int)nanoseconds;
        }

        int exponent = BitOperations.Log2((ulong)nanoseconds);
        if (exponent >= MaxExponent)
        {
            return BucketCount - 1;
        }

        int shift = exponent - StepBits;
        return (shift * StepsPerOctave) + (int)(nanoseconds >> shift);
    }

    /// <summary>The smallest value above a bucket.</summary>
    /// <param name="bucket">An index from <see cref="BucketOf"/>.</param>
    /// <returns>Nanoseconds; every value of the bucket is below it.</returns>
    public static long UpperBoundOf(int bucket)
    {
        if (bucket < StepsPerOctave)
        {
            return bucket + 1;
        }

        int shift = (bucket / StepsPerOctave) - 1;
        return (long)((bucket % StepsPerOctave) + StepsPerOctave + 1) << shift;
    }
}
