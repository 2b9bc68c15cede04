namespace Unkey.Engine.Limits;

/// <summary>
/// The seam between <see cref="BucketTable"/>, which knows places and races, and an algorithm, which knows arithmetic on one word.
/// An implementation is a request prepared once (limit, duration, cost, time) and tried against as many readings of the word as a race needs.
/// Pure: no state but its fields, no allocation, no exception.
/// </summary>
/// <typeparam name="TSelf">The implementing struct; the table is compiled once for each, without virtual calls.</typeparam>
/// <remarks>
/// The words of an algorithm must keep three promises, on which the reuse of slots rests (see <see cref="BucketTable"/>): bit 63 is clear;
/// every taken cost above zero makes the word strictly greater; <see cref="Fresh"/> is strictly greater than any word that
/// <see cref="IsIdle"/> accepts at the same time.
/// </remarks>
internal interface ILimitAlgorithm<TSelf>
    where TSelf : struct, ILimitAlgorithm<TSelf>
{
    /// <summary>Prepares a request. <paramref name="limit"/> and <paramref name="cost"/> are tokens, times are milliseconds.</summary>
    public static abstract TSelf Prepare(long limit, long durationMs, long cost, long nowMs);

    /// <summary>The word of a bucket from which nothing has been taken.</summary>
    public static abstract ulong Fresh(long nowMs);

    /// <summary>Whether a bucket has been full for long enough that nobody can tell it from a fresh one.</summary>
    public static abstract bool IsIdle(ulong word, long nowMs);

    /// <summary>Decides, and gives the word after the cost has been taken; on refusal the word as if it had been, saturated.</summary>
    public bool TryTake(ulong word, out ulong next);

    /// <summary>Whole tokens left in a bucket.</summary>
    public long Remaining(ulong word);

    /// <summary>Unix milliseconds at which the bucket is full again.</summary>
    public long ResetWhenFull(ulong word);

    /// <summary>Unix milliseconds at which this request, refused by this word, would pass.</summary>
    public long ResetWhenPassing(ulong word);
}
