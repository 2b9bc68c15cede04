namespace Unkey.Engine.Limits;

/// <summary>How a rate limit counts. Part of a bucket's key, so that a change begins with a fresh bucket and never misreads another's state.</summary>
public enum LimitAlgorithm : byte
{
    /// <summary><see cref="Limits.TokenBucket"/>: bursts up to the limit, then an even rate.</summary>
    TokenBucket = 0,

    /// <summary><see cref="Limits.SlidingWindow"/>: the counts of two windows aligned to the epoch, as the hosted service counts.</summary>
    SlidingWindow = 1,
}
