namespace Unkey.Protocol;

/// <summary>Where path and query lie in a request target. Offsets from the first byte of the target, lengths in bytes.</summary>
internal struct TargetParts
{
    public int PathOffset;
    public int PathLength;
    public int QueryOffset;
    public int QueryLength;

    /// <summary>The target has the absolute form, so an empty path means <c>/</c>.</summary>
    public bool IsAbsolute;
}
