namespace Unkey.Engine.Memory;

/// <summary>An allocator whose memory readers may still hold when it is unlinked; the <see cref="Reclaimer"/> calls it back when they cannot.</summary>
internal interface IReclaimable
{
    /// <summary>Takes memory back. Called under the writer lock, exactly once for each retirement.</summary>
    /// <param name="address">The address that was retired.</param>
    /// <param name="byteCount">The size that was given with it, in bytes.</param>
    public void Reclaim(nint address, nuint byteCount);
}
