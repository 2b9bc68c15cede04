using System;
using System.Runtime.CompilerServices;

namespace Unkey.Engine.Limits;

/// <summary>
/// One request against a token bucket: capacity <c>limit</c>, refilled at <c>limit / duration</c>, whose whole state is one 64-bit word.
/// A value on the stack of the caller; pure, so any thread. Never allocates, blocks or throws.
/// </summary>
/// <remarks>
/// <para>
/// The word is the theoretical arrival time (TAT): the moment at which the bucket would be full again, in the ticks of
/// <see cref="BucketTime"/>. A TAT in the past is a full bucket; a bucket used up has TAT = now + duration.
/// </para>
/// <para>
/// Exactness. Measured in cells of 1/limit ms a token is exactly <c>duration</c> cells and the bucket exactly <c>limit * duration</c>, so every
/// decision is made in whole cells. While limit &lt;= 1e7 a cell is at least a tick, hence <c>tick = ceil(cell * 1e7 / limit)</c> is undone by
/// <c>cell = floor(tick * limit / 1e7)</c> and the word carries the rational state without loss: the bucket equals the exact model for ever.
/// When <c>limit</c> divides the duration in ticks, a token is a whole number of ticks and the arithmetic stays in ticks, exact for any limit.
/// Only for other limits above 1e7 is a request rounded up, by less than one tick: never over the limit.
/// </para>
/// <para>
/// Because state is time, a changed limit on the same bucket keeps the used share. Source: generic cell rate algorithm, ITU-T I.371, in its
/// virtual-scheduling form.
/// </para>
/// </remarks>
public readonly struct TokenBucket : ILimitAlgorithm<TokenBucket>
{
    /// <summary>Longest effective duration in milliseconds (five years of 365 days); a longer one acts as this one, so that a word can hold it.</summary>
    public const long DurationMsMax = BucketTime.AheadMsMax;

    private const long TicksPerMs = BucketTime.TicksPerMs;

    private readonly Arithmetic _arithmetic;
    private readonly ulong _now;
    private readonly long _nowMs;
    private readonly ulong _limit;
    private readonly ulong _durationMs;

    /// <summary>The bucket in ticks: its duration.</summary>
    private readonly ulong _capacity;

    /// <summary>The cost: in ticks for <see cref="Arithmetic.Ticks"/>, in tokens otherwise.</summary>
    private readonly ulong _cost;

    /// <summary>Ticks of one token; only for <see cref="Arithmetic.Ticks"/>.</summary>
    private readonly ulong _token;

    private TokenBucket(long limit, long durationMs, long cost, long nowMs)
    {
        _now = BucketTime.Fresh(nowMs);
        _nowMs = nowMs;
        _limit = (ulong)long.Max(limit, 0);
        _durationMs = (ulong)EffectiveDurationMs(durationMs);
        _capacity = _durationMs * TicksPerMs;
        _cost = (ulong)long.Max(cost, 0);
        if (_limit == 0 || _cost > _limit)
        {
            _arithmetic = Arithmetic.NeverPasses;
            return;
        }

        (ulong quotient, ulong remainder) = Math.DivRem(_capacity, _limit);
        if (remainder == 0)
        {
            _arithmetic = Arithmetic.Ticks;
            _token = quotient;
            // At most the capacity, because the cost is at most the limit.
            _cost *= quotient;
        }
        else
        {
            // Twice the bucket in cells, times ticks, is the largest intermediate: 2 * capacity * limit.
            ulong high = Math.BigMul(_capacity, _limit, out ulong low);
            _arithmetic = high == 0 && low < (1UL << 62) ? Arithmetic.Cells : Arithmetic.WideCells;
        }
    }

    private enum Arithmetic : byte
    {
        /// <summary>Limit 0, or a cost above the limit: refused whatever the word says.</summary>
        NeverPasses,

        /// <summary>A token is a whole number of ticks.</summary>
        Ticks,

        /// <summary>Cells of 1/limit ms, all products below 2^63.</summary>
        Cells,

        /// <summary>The same in 128 bits. Largest product: 2 * 2^63 * 2^38 * 2^24.</summary>
        WideCells,
    }

    /// <inheritdoc/>
    static bool ILimitAlgorithm<TokenBucket>.UsesSpare => false;

    /// <summary>Prepares a request.</summary>
    /// <param name="limit">Tokens a duration, 0 or more; 0 refuses everything.</param>
    /// <param name="durationMs">Milliseconds; taken into <see cref="BucketTime.DurationMsMin"/>..<see cref="DurationMsMax"/>.</param>
    /// <param name="cost">Tokens asked for, 0 or more; 0 only looks, and passes unless the limit is 0.</param>
    /// <param name="nowMs">Unix milliseconds. The state can tell times from 2024 to 2048 apart; others act as the nearer end.</param>
    /// <returns>The prepared request.</returns>
    [HotPath]
    public static TokenBucket Prepare(long limit, long durationMs, long cost, long nowMs) => new(limit, durationMs, cost, nowMs);

    /// <summary>The duration that a request with this duration acts by.</summary>
    /// <param name="durationMs">Milliseconds as given.</param>
    /// <returns>The nearest value of <see cref="BucketTime.DurationMsMin"/>..<see cref="DurationMsMax"/>.</returns>
    [HotPath]
    public static long EffectiveDurationMs(long durationMs) => long.Clamp(durationMs, BucketTime.DurationMsMin, DurationMsMax);

    /// <summary>Decides.</summary>
    /// <param name="word">The bucket's word, lock bit clear.</param>
    /// <param name="next">The word to store: strictly greater when something was taken, unchanged for cost 0; on refusal the word of a used-up bucket,
    /// for a batch that counts on.</param>
    /// <returns>Whether the tokens are there.</returns>
    [HotPath]
    public bool TryTake(ulong word, out ulong next)
    {
        if (_arithmetic != Arithmetic.NeverPasses)
        {
            if (_cost == 0)
            {
                next = word;
                return true;
            }

            ulong used = UsedTicks(word);
            ulong usedAfter = _arithmetic switch
            {
                Arithmetic.Ticks => used + _cost,
                Arithmetic.Cells => TicksOfCells((used * _limit / TicksPerMs) + (_cost * _durationMs)),
                _ => WideTicksAfter(used),
            };
            if (usedAfter <= _capacity)
            {
                next = _now + usedAfter;
                return true;
            }
        }

        next = ulong.Max(word, _now + _capacity);
        return false;
    }

    /// <summary>Whole tokens left.</summary>
    /// <param name="word">The bucket's word, lock bit clear: the one after the request, or the one before it.</param>
    /// <returns>0 to the limit.</returns>
    [HotPath]
    public long Remaining(ulong word)
    {
        ulong used = UsedTicks(word);
        return _arithmetic switch
        {
            Arithmetic.Ticks => (long)((_capacity - used) / _token),
            Arithmetic.Cells => (long)(((_limit * _durationMs) - (used * _limit / TicksPerMs)) / _durationMs),
            _ => WideRemaining(used),
        };
    }

    /// <summary>When the bucket is full again, by its word.</summary>
    /// <param name="word">The bucket's word, lock bit clear.</param>
    /// <returns>Unix milliseconds in (now, now + duration], rounded up.</returns>
    [HotPath]
    public long ResetWhenFull(ulong word) => After((UsedTicks(word) + TicksPerMs - 1) / TicksPerMs);

    /// <summary>When this request, refused by this word, would pass if nobody else took anything.</summary>
    /// <param name="word">The word that refused it, lock bit clear.</param>
    /// <returns>Unix milliseconds in (now, now + duration], the first at which it passes; now + duration when it never does.</returns>
    [HotPath]
    public long ResetWhenPassing(ulong word)
    {
        ulong used = UsedTicks(word);
        return After(_arithmetic switch
        {
            Arithmetic.NeverPasses => _durationMs,
            Arithmetic.Ticks => (used + _cost - ulong.Min(used + _cost, _capacity) + TicksPerMs - 1) / TicksPerMs,
            _ => WideWaitMs(used),
        });
    }

    /// <inheritdoc/>
    [HotPath]
    bool ILimitAlgorithm<TokenBucket>.TryTake(BucketState state, out BucketState next)
    {
        bool passed = TryTake(state.Word, out ulong word);
        next = new BucketState(word, 0);
        return passed;
    }

    /// <inheritdoc/>
    [HotPath]
    (long Remaining, long ResetMs) ILimitAlgorithm<TokenBucket>.Passed(BucketState after) => (Remaining(after.Word), ResetWhenFull(after.Word));

    /// <inheritdoc/>
    [HotPath]
    (long Remaining, long ResetMs) ILimitAlgorithm<TokenBucket>.Undone(ulong wordBefore, long remaining) =>
        (Remaining(wordBefore), ResetWhenFull(wordBefore));

    /// <inheritdoc/>
    [HotPath]
    long ILimitAlgorithm<TokenBucket>.RefusedResetMs(BucketState state) => ResetWhenPassing(state.Word);

    /// <summary>Ticks of the bucket in use, never more than all: a word set by a thread whose clock reads later shows a used-up bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong UsedTicks(ulong word) => word <= _now ? 0 : ulong.Min(word - _now, _capacity);

    private long After(ulong waitMs) => _nowMs + (long)ulong.Clamp(waitMs, 1, _durationMs);

    private ulong TicksOfCells(ulong cells) => ((cells * TicksPerMs) + _limit - 1) / _limit;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong WideTicksAfter(ulong used)
    {
        UInt128 cells = WideCells(used) + ((UInt128)_cost * _durationMs);
        // At most twice the capacity, so the result fits.
        return (ulong)(((cells * TicksPerMs) + _limit - 1) / _limit);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long WideRemaining(ulong used) => (long)((((UInt128)_limit * _durationMs) - WideCells(used)) / _durationMs);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong WideWaitMs(ulong used)
    {
        UInt128 wanted = WideCells(used) + ((UInt128)_cost * _durationMs);
        UInt128 capacity = (UInt128)_limit * _durationMs;
        return wanted <= capacity ? 0 : (ulong)((wanted - capacity + _limit - 1) / _limit);
    }

    private UInt128 WideCells(ulong used) => (UInt128)used * _limit / TicksPerMs;
}
