namespace Unkey.Engine.Limits;

/// <summary>How many copied buckets came back, and why others did not. Plain value.</summary>
public record struct BucketRestore
{
    /// <summary>Buckets that limit again as before.</summary>
    public long Restored { get; set; }

    /// <summary>Buckets that had filled up since; a bucket that is not there is full.</summary>
    public long Idle { get; set; }

    /// <summary>Buckets that found no slot in a smaller table; they start full.</summary>
    public long WithoutRoom { get; set; }

    /// <summary>Slots whose bytes no bucket can have at this time.</summary>
    public long Damaged { get; set; }

    /// <summary>Adds another count.</summary>
    public void Add(BucketRestore other)
    {
        Restored += other.Restored;
        Idle += other.Idle;
        WithoutRoom += other.WithoutRoom;
        Damaged += other.Damaged;
    }
}
