namespace Unkey.Server.Diagnostics.Requests;

/// <summary>Which requests a trace shows, in the words of <c>OTEL_TRACES_SAMPLER</c>. Immutable; any thread.</summary>
/// <param name="Ratio">Share of the traces that begin here, 0 to 1.</param>
/// <param name="FollowsParent">Whether a caller's own decision is followed; otherwise its trace id decides, as for everybody else.</param>
internal sealed record TraceSampling(double Ratio, bool FollowsParent)
{
    // The rightmost 56 bits of a trace id are random (W3C Trace Context, level 2), so they can stand for a drawn number.
    private const int RandomBits = 56;
    private const ulong RandomMask = (1UL << RandomBits) - 1;

    private readonly ulong _threshold = (ulong)(Ratio * (1UL << RandomBits));

    /// <summary>Decides on a request.</summary>
    /// <param name="parent">What the caller sent; none when it sent nothing.</param>
    /// <param name="random">A random number, for a trace that begins here.</param>
    [HotPath]
    public bool Takes(in TraceParent parent, long random) =>
        parent.Exists && FollowsParent ? parent.IsSampled : ((parent.Exists ? parent.TraceIdLow : (ulong)random) & RandomMask) < _threshold;
}
