using System;

namespace Unkey.Engine.Limits;

/// <summary>
/// One entry of a request to <see cref="BucketTable"/>: what is asked, and after the call what came of it. Owned by the calling thread.
/// </summary>
public struct BucketTake
{
    /// <summary>Which bucket, from <see cref="BucketKey"/>; not zero.</summary>
    public UInt128 Key { get; set; }

    /// <summary>How it counts; the same that is part of the key.</summary>
    public LimitAlgorithm Algorithm { get; set; }

    /// <summary>Tokens a duration, 0 or more; 0 is always refused.</summary>
    public long Limit { get; set; }

    /// <summary>
    /// Milliseconds in which an empty bucket fills, or of a window; see <see cref="TokenBucket.EffectiveDurationMs"/> and
    /// <see cref="SlidingWindow.EffectiveDurationMs"/>.
    /// </summary>
    public long DurationMs { get; set; }

    /// <summary>Tokens asked for, 0 or more; 0 only looks.</summary>
    public long Cost { get; set; }

    /// <summary>Result: tokens left after this request. 0 when refused; as though this request had not happened when another entry of the batch was refused.</summary>
    public long Remaining { get; set; }

    /// <summary>
    /// Result: unix milliseconds in (now, now + duration]. Token bucket: when it is full again, or, when refused, when the same request would pass.
    /// Sliding window: the end of the current window.
    /// </summary>
    public long ResetMs { get; set; }

    /// <summary>Result: whether this entry alone passed. Tokens are taken only when every entry of the batch did.</summary>
    public bool Passed { get; set; }

    /// <summary>Index of the entry that comes at this place in address order; scratch of one call.</summary>
    internal int Order;

    /// <summary>Address of the slot, 0 when there is none; scratch of one call.</summary>
    internal nint Slot;

    /// <summary>The word before the batch; scratch of one call.</summary>
    internal ulong Before;

    /// <summary>Index of the first entry, in address order, that has this slot; it holds <see cref="Spare"/> for all of them. Scratch of one call.</summary>
    internal int Leader;

    /// <summary>The second word as the batch has it so far; scratch of one call.</summary>
    internal ulong Spare;
}
