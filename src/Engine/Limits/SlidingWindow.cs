namespace Unkey.Engine.Limits;

/// <summary>
/// One request against a sliding window: what was taken in the current window of the duration, aligned to the Unix epoch, plus the share of the
/// window before it that a sliding window would still cover. A value on the stack of the caller; pure, so any thread. Never allocates, blocks or throws.
/// </summary>
/// <remarks>
/// <para>
/// With W the duration, seq = now / W and f = (now - seq * W) / W: a request passes when current + trunc(previous * (1 - f)) + cost is at most
/// the limit. All is whole numbers but the share, which is a double, rounded toward zero. Source: the HTTP contract, rate limiting, section 2.
/// </para>
/// <code>
/// word   end of the window after the current one, in ticks, plus the tokens taken in the current one
/// spare  the tokens taken in the window before
/// </code>
/// <para>
/// From the end of the next window on the counts say nothing, so the word is the bucket's idle time (<see cref="BucketTime"/>), late by one tick
/// for each token. The words of one window lie between those of its neighbours as long as a window has fewer tokens than ticks, which bounds what a
/// slot can count exactly: <see cref="LimitMax"/>, 10^10 for a second and 2.6 * 10^16 for 30 days. A greater limit acts as that one: less is admitted
/// than asked for, never more.
/// </para>
/// </remarks>
public readonly struct SlidingWindow : ILimitAlgorithm<SlidingWindow>
{
    /// <summary>Longest effective duration in milliseconds, 366 days; a longer one acts as this one. Three windows lie within <see cref="BucketTime.AheadMsMax"/>.</summary>
    public const long DurationMsMax = 31_622_400_000;

    /// <summary>Ticks of a window.</summary>
    private readonly ulong _span;

    /// <summary>The word of the current window with nothing taken.</summary>
    private readonly ulong _start;

    /// <summary>The share of the previous window that counts, above 0 to 1.</summary>
    private readonly double _share;

    private readonly ulong _limit;
    private readonly ulong _cost;
    private readonly long _resetMs;

    private SlidingWindow(long limit, long durationMs, long cost, long nowMs)
    {
        long window = EffectiveDurationMs(durationMs);
        long now = BucketTime.Clamp(nowMs);
        long elapsed = now % window;
        _span = (ulong)(window * BucketTime.TicksPerMs);
        _start = (ulong)(now - elapsed + (2 * window) - BucketTime.EpochUnixMs) * BucketTime.TicksPerMs;
        _share = 1 - ((double)elapsed / window);
        _limit = (ulong)long.Clamp(limit, 0, LimitMax(window));
        _cost = (ulong)long.Max(cost, 0);
        _resetMs = nowMs + window - elapsed;
    }

    /// <inheritdoc/>
    static bool ILimitAlgorithm<SlidingWindow>.UsesSpare => true;

    /// <summary>Prepares a request.</summary>
    /// <param name="limit">Tokens a window, 0 or more; 0 refuses everything, and more than <see cref="LimitMax"/> acts as that.</param>
    /// <param name="durationMs">Milliseconds; see <see cref="EffectiveDurationMs"/>.</param>
    /// <param name="cost">Tokens asked for, 0 or more; 0 only looks, and passes unless more than the limit is taken.</param>
    /// <param name="nowMs">Unix milliseconds. The state can tell times from 2024 to 2048 apart; others act as the nearer end.</param>
    /// <returns>The prepared request.</returns>
    [HotPath]
    public static SlidingWindow Prepare(long limit, long durationMs, long cost, long nowMs) => new(limit, durationMs, cost, nowMs);

    /// <summary>The duration that a request with this duration acts by.</summary>
    /// <param name="durationMs">Milliseconds as given.</param>
    /// <returns>The nearest value of <see cref="BucketTime.DurationMsMin"/>..<see cref="DurationMsMax"/>.</returns>
    [HotPath]
    public static long EffectiveDurationMs(long durationMs) => long.Clamp(durationMs, BucketTime.DurationMsMin, DurationMsMax);

    /// <summary>The greatest limit that is counted exactly.</summary>
    /// <param name="durationMs">Milliseconds.</param>
    /// <returns>Two less than the ticks of a window: the last word of a window stands for "too many" inside a batch.</returns>
    [HotPath]
    public static long LimitMax(long durationMs) => (EffectiveDurationMs(durationMs) * BucketTime.TicksPerMs) - 2;

    /// <inheritdoc/>
    [HotPath]
    bool ILimitAlgorithm<SlidingWindow>.TryTake(BucketState state, out BucketState next)
    {
        ulong used = Used(state, out BucketState current);

        // No sum overflows: a count is below 2^59, a share no more than that, a cost below 2^63.
        bool passed = used + _cost <= _limit && _limit > 0;
        next = _cost == 0 ? state : current with { Word = current.Word + (passed ? _cost : ulong.Min(_cost, TakeableIn(current))) };
        return passed;
    }

    /// <inheritdoc/>
    [HotPath]
    (long Remaining, long ResetMs) ILimitAlgorithm<SlidingWindow>.Passed(BucketState after) => ((long)(_limit - Used(after, out _)), _resetMs);

    /// <inheritdoc/>
    [HotPath]
    (long Remaining, long ResetMs) ILimitAlgorithm<SlidingWindow>.Undone(ulong wordBefore, long remaining) => (remaining + (long)_cost, _resetMs);

    /// <inheritdoc/>
    [HotPath]
    long ILimitAlgorithm<SlidingWindow>.RefusedResetMs(BucketState state) => _resetMs;

    /// <summary>Tokens that count against the limit, and the state as the window that counts has it.</summary>
    private ulong Used(BucketState state, out BucketState current)
    {
        if (state.Word < _start)
        {
            // Of an earlier window: it is the previous one now, or forgotten.
            ulong previousStart = _start - _span;
            current = new BucketState(_start, state.Word < previousStart ? 0 : state.Word - previousStart);
            return Weighted(current.Spare, _share);
        }

        current = state;
        ulong taken = state.Word - _start;
        return taken < _span ? taken + Weighted(state.Spare, _share) : UsedAhead(state);
    }

    /// <summary>By a thread whose clock reads later the bucket is in a later window already: decided as at its beginning.</summary>
    private ulong UsedAhead(BucketState state) => ((state.Word - _start) % _span) + Weighted(state.Spare, share: 1);

    /// <summary>How many more tokens a word of this window can say.</summary>
    private ulong TakeableIn(BucketState current) => _span - 1 - ((current.Word - _start) % _span);

    private static ulong Weighted(ulong previous, double share) => (ulong)(previous * share);
}
