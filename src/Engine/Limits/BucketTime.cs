namespace Unkey.Engine.Limits;

/// <summary>
/// The time inside the words of buckets, common to all algorithms: a word read as a number is the moment from which on its bucket says nothing
/// any more. So a slot can be given away without knowing which algorithm its owner had. Stateless, any thread, no allocation.
/// </summary>
/// <remarks>
/// <code>
///  63  62                                                        0
/// +---+-----------------------------------------------------------+
/// | L |  ticks of 100 ps since 2024-01-01T00:00Z, up to 2053      |   L: the table's lock bit, always clear in here
/// +---+-----------------------------------------------------------+
/// </code>
/// </remarks>
public static class BucketTime
{
    /// <summary>Ticks in a millisecond.</summary>
    public const long TicksPerMs = 10_000_000;

    /// <summary>Unix milliseconds of tick 0: 2024-01-01T00:00Z.</summary>
    public const long EpochUnixMs = 1_704_067_200_000;

    /// <summary>Shortest effective duration of a limit in milliseconds; a shorter one acts as this one.</summary>
    public const long DurationMsMin = 1_000;

    /// <summary>How far a word may lie ahead of the time in milliseconds: five years of 365 days.</summary>
    public const long AheadMsMax = 157_680_000_000;

    /// <summary>
    /// How far two threads' readings of the clock may lie apart, in milliseconds: a bucket counts as idle only when it has been so for this
    /// long, so that a thread with the older reading finds it idle as well.
    /// </summary>
    public const long ClockSkewMsMax = 1_000;

    internal const ulong WordMax = BucketSlot.LockBit - 1;

    private const ulong SkewTicks = ClockSkewMsMax * TicksPerMs;
    private const ulong AheadTicksMax = AheadMsMax * TicksPerMs;
    private const long NowMsMax = EpochUnixMs + (long)((WordMax - AheadTicksMax) / TicksPerMs);

    /// <summary>The word of a bucket from which nothing has been taken.</summary>
    /// <param name="nowMs">Unix milliseconds. Words can tell times from 2024 to 2048 apart; others act as the nearer end.</param>
    /// <returns>The present moment: greater than every word that is idle by then, and never 0.</returns>
    [HotPath]
    public static ulong Fresh(long nowMs) => (ulong)(Clamp(nowMs) - EpochUnixMs) * TicksPerMs;

    /// <summary>Whether a bucket has said nothing for <see cref="ClockSkewMsMax"/>, so that its slot may be given to another.</summary>
    /// <param name="word">The bucket's word, lock bit clear; 0 for a slot that was never used, which is idle at any time.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <returns><see langword="true"/> when nothing is lost by forgetting the bucket.</returns>
    [HotPath]
    public static bool IsIdle(ulong word, long nowMs) => word + SkewTicks <= Fresh(nowMs);

    /// <summary>Whether a bucket can have this word at this time; a word from outside is checked by it.</summary>
    /// <param name="word">Any value.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    public static bool IsPossible(ulong word, long nowMs) => word <= WordMax && word <= Fresh(nowMs) + SkewTicks + AheadTicksMax;

    /// <summary>The nearest time that words can tell from its neighbours.</summary>
    // Not below the skew: the zeroed word of a slot that was never used has to be idle at any time.
    internal static long Clamp(long nowMs) => long.Clamp(nowMs, EpochUnixMs + ClockSkewMsMax, NowMsMax);
}
