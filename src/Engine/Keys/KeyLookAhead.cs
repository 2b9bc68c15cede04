namespace Unkey.Engine.Keys;

/// <summary>A lookup that was begun before its turn, so that the cache lines it needs are there when it comes: a digest, and hints.</summary>
/// <remarks>
/// The steps are <see cref="KeyTable.Begin"/> and <see cref="KeyTable.Continue"/>, then <see cref="Verifier.Prefetch(in KeyLookAhead)"/>, with other work between them; each asks
/// for lines and decides nothing: what is verified is looked up again. For one thread between two of its quiescent points; <see langword="default"/> has no digest.
/// Source: group prefetching (Chen, Ailamaki, Gibbons, Mowry, "Improving Hash Join Performance through Prefetching", 2004).
/// </remarks>
public struct KeyLookAhead
{
    internal ulong Tag;
    internal nint Record;

    /// <summary>What is looked up.</summary>
    public KeyDigest Digest { get; internal set; }

    /// <summary>Ends the steps: the digest stays, and nothing is kept that a quiescent point would make invalid.</summary>
    public void Settle() => Record = 0;
}
