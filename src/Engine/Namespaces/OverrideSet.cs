using System;
using System.Collections.Generic;

namespace Unkey.Engine.Namespaces;

/// <summary>The live overrides of one namespace, compiled so that a check reads only those that can match. Immutable; any thread.</summary>
/// <remarks>
/// <para>Exact text first, even when it contains <c>*</c>. Then the patterns; of several that match, the longest text wins, then the smaller
/// one by bytes.</para>
/// <para>Exact texts lie in an open-addressed table, patterns in a <see cref="PatternTrie"/>: a check costs what its own identifier's bytes
/// lead to, not what the namespace has.</para>
/// </remarks>
public sealed class OverrideSet
{
    private readonly KeyedHash _hash;
    private readonly LimitOverride?[] _exact;
    private readonly PatternTrie? _patterns;

    private OverrideSet(KeyedHash hash, LimitOverride?[] exact, PatternTrie? patterns, int count)
    {
        _hash = hash;
        _exact = exact;
        _patterns = patterns;
        Count = count;
    }

    /// <summary>No overrides.</summary>
    public static OverrideSet Empty { get; } = new(default, [], null, 0);

    /// <summary>Number of overrides.</summary>
    public int Count { get; }

    /// <summary>Compiles a set. Cold.</summary>
    /// <param name="overrides">The live overrides; texts are distinct.</param>
    public static OverrideSet Compile(IReadOnlyCollection<LimitOverride> overrides)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        if (overrides.Count == 0)
        {
            return Empty;
        }

        int capacity = 4;
        while (capacity < overrides.Count * 2)
        {
            capacity *= 2;
        }

        KeyedHash hash = KeyedHash.CreateRandom();
        var exact = new LimitOverride?[capacity];
        var patterns = new List<LimitOverride>();
        foreach (LimitOverride item in overrides)
        {
            int i = (int)(ulong)hash.Hash(item.TextUtf8) & (capacity - 1);

            // BOUND: at most half of the entries is in use.
            while (exact[i] is not null)
            {
                i = (i + 1) & (capacity - 1);
            }

            exact[i] = item;
            if (item.IsPattern)
            {
                patterns.Add(item);
            }
        }

        return new OverrideSet(hash, exact, patterns.Count == 0 ? null : new PatternTrie(patterns), overrides.Count);
    }

    /// <summary>The override that applies to an identifier.</summary>
    /// <param name="identifier">The identifier of the check, UTF-8.</param>
    /// <returns>The override, or null when the check's own numbers count.</returns>
    [HotPath]
    public LimitOverride? Find(ReadOnlySpan<byte> identifier) => FindExact(identifier) ?? _patterns?.Find(identifier);

    /// <summary>The override with exactly this text, whatever it would match.</summary>
    /// <param name="text">The text, UTF-8.</param>
    [HotPath]
    public LimitOverride? FindExact(ReadOnlySpan<byte> text)
    {
        if (_exact.Length == 0)
        {
            return null;
        }

        // BOUND: at most half of the entries is in use.
        for (int i = (int)(ulong)_hash.Hash(text) & (_exact.Length - 1); _exact[i] is { } item; i = (i + 1) & (_exact.Length - 1))
        {
            if (item.TextUtf8.SequenceEqual(text))
            {
                return item;
            }
        }

        return null;
    }
}
