namespace Unkey.Engine.Limits;

/// <summary>
/// The seam between <see cref="BucketTable"/>, which knows places and races, and an algorithm, which knows arithmetic on the state of one bucket.
/// An implementation is a request prepared once (limit, duration, cost, time) and tried against as many readings of the state as a race needs.
/// Pure: no state but its fields, no allocation, no exception.
/// </summary>
/// <typeparam name="TSelf">The implementing struct; the table is compiled once for each, without virtual calls.</typeparam>
/// <remarks>
/// The words of an algorithm must keep four promises, on which the reuse of slots rests (see <see cref="BucketTable"/>): bit 63 is clear; every
/// taken cost above zero makes the word strictly greater; a word that <see cref="BucketTime.IsIdle"/> accepts says the same as a
/// fresh one; and <see cref="BucketState.Spare"/> changes only together with the word.
/// </remarks>
internal interface ILimitAlgorithm<TSelf>
    where TSelf : struct, ILimitAlgorithm<TSelf>
{
    /// <summary>Whether <see cref="BucketState.Spare"/> means anything. A constant, so that the other case costs nothing.</summary>
    public static abstract bool UsesSpare { get; }

    /// <summary>Prepares a request. <paramref name="limit"/> and <paramref name="cost"/> are tokens, times are milliseconds.</summary>
    public static abstract TSelf Prepare(long limit, long durationMs, long cost, long nowMs);

    /// <summary>Decides, and gives the state after the cost has been taken; on refusal the state as if it had been, saturated.</summary>
    public bool TryTake(BucketState state, out BucketState next);

    /// <summary>Tokens left and reset for a request that passed, by the state after it.</summary>
    public (long Remaining, long ResetMs) Passed(BucketState after);

    /// <summary>The same for a request that passed in a batch that was undone because of another one.</summary>
    /// <param name="wordBefore">The word before the batch.</param>
    /// <param name="remaining">Tokens that <see cref="Passed"/> had told.</param>
    public (long Remaining, long ResetMs) Undone(ulong wordBefore, long remaining);

    /// <summary>Reset for a request that was refused by this state.</summary>
    public long RefusedResetMs(BucketState state);
}
