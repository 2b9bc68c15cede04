using System;

namespace Unkey.Engine.Limits;

/// <summary>
/// The identity of a bucket: a keyed 128-bit hash of everything that makes two counters different. Two buckets meet with probability 2^-128,
/// and nobody who does not know the secret can aim at a place in the table. Stateless, any thread, no allocation.
/// </summary>
/// <remarks>Made of ids that are unique in the store and never of a place in memory, so that a bucket is found again after a restart.</remarks>
public static class BucketKey
{
    private const ulong KeyDomain = 1;
    private const ulong NamespaceDomain = 2;

    /// <summary>The bucket of a limit that verification checks: configured on a key, on an identity, or given in the request.</summary>
    /// <param name="hash">The keyed hash of the table; the same one for every caller.</param>
    /// <param name="algorithm">How the bucket counts; two algorithms are two buckets.</param>
    /// <param name="identifier">Key id for key limits and ad-hoc limits, identity id for identity limits; UTF-8.</param>
    /// <param name="name">Name of the limit, UTF-8.</param>
    /// <param name="durationMs">Duration in milliseconds as configured or requested; two durations are two buckets.</param>
    /// <returns>The key of the bucket, never zero.</returns>
    [HotPath]
    public static UInt128 OfKeyLimit(
        in KeyedHash hash, LimitAlgorithm algorithm, ReadOnlySpan<byte> identifier, ReadOnlySpan<byte> name, long durationMs) =>
        Of(hash, KeyDomain, algorithm, name, identifier, durationMs);

    /// <summary>The bucket of a <c>ratelimit.limit</c> check.</summary>
    /// <param name="hash">The keyed hash of the table; the same one for every caller.</param>
    /// <param name="algorithm">How the bucket counts; two algorithms are two buckets.</param>
    /// <param name="namespaceId">Id (not name) of the namespace, UTF-8, so that name and id share counters.</param>
    /// <param name="identifier">The identifier that the client chose, UTF-8.</param>
    /// <param name="durationMs">Duration in milliseconds after overrides.</param>
    /// <returns>The key of the bucket, never zero.</returns>
    [HotPath]
    public static UInt128 OfNamespaceLimit(
        in KeyedHash hash, LimitAlgorithm algorithm, ReadOnlySpan<byte> namespaceId, ReadOnlySpan<byte> identifier, long durationMs) =>
        Of(hash, NamespaceDomain, algorithm, namespaceId, identifier, durationMs);

    private static UInt128 Of(
        in KeyedHash hash, ulong domain, LimitAlgorithm algorithm, ReadOnlySpan<byte> scope, ReadOnlySpan<byte> identifier, long durationMs)
    {
        KeyedHash.Parts parts = hash.Begin();
        parts.Add((domain << 8) | (ulong)algorithm);
        parts.Add((ulong)durationMs);
        parts.Add(scope);
        parts.Add(identifier);
        UInt128 key = parts.Finish();
        // Zero marks a slot that was never used.
        return key == UInt128.Zero ? UInt128.One : key;
    }
}
