using System.Numerics;

namespace Unkey.Engine.Tests.Limits;

/// <summary>
/// The definition, in exact arithmetic: a level that starts full, rises by limit per duration and is capped at limit.
/// Counted in 1/duration of a token, so that a millisecond adds exactly <c>limit</c>. Slow, unbounded, no shared code with the product.
/// </summary>
internal sealed class ExactBucket(BigInteger limit, BigInteger durationMs)
{
    private BigInteger _level = limit * durationMs;
    private long _atMs = long.MinValue;

    internal (bool Passed, BigInteger Remaining, BigInteger ResetMs) Take(BigInteger cost, long nowMs)
    {
        BigInteger capacity = limit * durationMs;
        if (_atMs != long.MinValue)
        {
            _level = BigInteger.Min(capacity, _level + ((nowMs - _atMs) * limit));
        }

        _atMs = nowMs;
        BigInteger wanted = cost * durationMs;
        if (limit.IsZero || wanted > capacity)
        {
            return (false, 0, nowMs + durationMs);
        }

        if (wanted > _level)
        {
            return (false, 0, nowMs + Clamp(Ceiling(wanted - _level, limit)));
        }

        _level -= wanted;
        return (true, _level / durationMs, nowMs + Clamp(Ceiling(capacity - _level, limit)));
    }

    private BigInteger Clamp(BigInteger waitMs) => BigInteger.Max(1, BigInteger.Min(durationMs, waitMs));

    private static BigInteger Ceiling(BigInteger numerator, BigInteger denominator) => (numerator + denominator - 1) / denominator;
}
