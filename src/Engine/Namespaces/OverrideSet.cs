using System;
using System.Collections.Generic;
using System.Threading;

namespace Unkey.Engine.Namespaces;

/// <summary>The live overrides of one namespace, laid out so that a check reads only those that can match.</summary>
/// <remarks>
/// <para>Exact text first, even when it contains <c>*</c>. Then the patterns; of several that match, the longest text wins, then the smaller
/// one by bytes.</para>
/// <para>The look-ups are wait-free and may run on any thread; a change is seen by every look-up that begins after it. <see cref="Put"/> and
/// <see cref="Remove"/> are the writer's, under the writer lock.</para>
/// <para>Exact texts lie in an open-addressed table, patterns in a <see cref="PatternTrie"/>: a check costs what its own identifier's bytes
/// lead to, and a change costs the same however many overrides there are, unless it is one of a pattern, which compiles the patterns anew.</para>
/// </remarks>
public sealed class OverrideSet
{
    private const int CapacityMin = 8;

    // Lies where an override was removed, so that a search goes on behind it.
    private static readonly LimitOverride s_removed = new("", "", 0, 1_000);

    private readonly KeyedHash _hash = KeyedHash.CreateRandom();
    private readonly List<LimitOverride> _compiled = [];
    private LimitOverride?[] _exact = [];
    private PatternTrie? _patterns;
    private int _used;
    private int _count;

    /// <summary>Makes a set. Cold.</summary>
    /// <param name="overrides">What is in it from the beginning; texts are distinct.</param>
    public OverrideSet(params IReadOnlyCollection<LimitOverride> overrides)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        if (overrides.Count == 0)
        {
            return;
        }

        Resize(overrides.Count);
        foreach (LimitOverride item in overrides)
        {
            Place(item);
            if (item.IsPattern)
            {
                _compiled.Add(item);
            }
        }

        Compile();
    }

    /// <summary>Number of overrides. Any thread; a recent value.</summary>
    // ORDER: none needed; Volatile keeps the value fresh.
    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds an override, or replaces the one of the same text. Under the writer lock.</summary>
    public void Put(LimitOverride item)
    {
        ArgumentNullException.ThrowIfNull(item);
        if ((_used + 1) * 2 > _exact.Length)
        {
            Resize(_count + 1);
        }

        Place(item);
        if (item.IsPattern)
        {
            _compiled.RemoveAll(other => other.TextUtf8.SequenceEqual(item.TextUtf8));
            _compiled.Add(item);
            Compile();
        }
    }

    /// <summary>Removes the override of exactly this text, if there is one. Under the writer lock.</summary>
    /// <param name="text">The text, UTF-8.</param>
    public void Remove(ReadOnlySpan<byte> text)
    {
        int at = Search(_exact, text, out LimitOverride? item);
        if (item is null)
        {
            return;
        }

        // ORDER: release. Pairs with the acquire in Search.
        Volatile.Write(ref _exact[at], s_removed);

        // ORDER: none needed, see Count.
        Volatile.Write(ref _count, _count - 1);
        if (_compiled.Remove(item))
        {
            Compile();
        }
    }

    /// <summary>The override that applies to an identifier.</summary>
    /// <param name="identifier">The identifier of the check, UTF-8.</param>
    /// <returns>The override, or null when the check's own numbers count.</returns>
    // ORDER: acquire. Pairs with the release in Compile.
    [HotPath]
    public LimitOverride? Find(ReadOnlySpan<byte> identifier) => FindExact(identifier) ?? Volatile.Read(ref _patterns)?.Find(identifier);

    /// <summary>The override with exactly this text, whatever it would match.</summary>
    /// <param name="text">The text, UTF-8.</param>
    [HotPath]
    public LimitOverride? FindExact(ReadOnlySpan<byte> text)
    {
        // ORDER: acquire. Pairs with the release in Resize: the overrides are copied when the table can be seen.
        Search(Volatile.Read(ref _exact), text, out LimitOverride? found);
        return found;
    }

    /// <summary>Finds the override of a text, and its place; -1 when there is none.</summary>
    [HotPath]
    private int Search(LimitOverride?[] exact, ReadOnlySpan<byte> text, out LimitOverride? found)
    {
        found = null;
        if (exact.Length == 0)
        {
            return -1;
        }

        // BOUND: at most half of the entries is in use.
        for (int i = (int)(ulong)_hash.Hash(text) & (exact.Length - 1); ; i = (i + 1) & (exact.Length - 1))
        {
            // ORDER: acquire. Pairs with the release in Place.
            LimitOverride? item = Volatile.Read(ref exact[i]);
            if (item is null)
            {
                return -1;
            }

            if (item.TextUtf8.SequenceEqual(text) && !ReferenceEquals(item, s_removed))
            {
                found = item;
                return i;
            }
        }
    }

    /// <summary>Puts an override where its text is, else into the first place on its way that is free.</summary>
    private void Place(LimitOverride item)
    {
        int at = Search(_exact, item.TextUtf8, out _);
        if (at < 0)
        {
            at = (int)(ulong)_hash.Hash(item.TextUtf8) & (_exact.Length - 1);

            // BOUND: at most half of the entries is in use.
            while (_exact[at] is { } taken && !ReferenceEquals(taken, s_removed))
            {
                at = (at + 1) & (_exact.Length - 1);
            }

            _used += _exact[at] is null ? 1 : 0;

            // ORDER: none needed, see Count.
            Volatile.Write(ref _count, _count + 1);
        }

        // ORDER: release. Publishes the override; pairs with the acquire in Search.
        Volatile.Write(ref _exact[at], item);
    }

    /// <summary>Moves to a table with room for at least as many again, and leaves behind what was removed.</summary>
    private void Resize(int count)
    {
        int capacity = CapacityMin;
        while (capacity < count * 4)
        {
            capacity *= 2;
        }

        LimitOverride?[] old = _exact;
        var resized = new LimitOverride?[capacity];
        int used = 0;
        foreach (LimitOverride? item in old)
        {
            if (item is null || ReferenceEquals(item, s_removed))
            {
                continue;
            }

            int at = (int)(ulong)_hash.Hash(item.TextUtf8) & (capacity - 1);

            // BOUND: at most a quarter of the entries is in use.
            while (resized[at] is not null)
            {
                at = (at + 1) & (capacity - 1);
            }

            resized[at] = item;
            used++;
        }

        _used = used;

        // ORDER: release. Publishes the copied overrides; pairs with the acquire in FindExact.
        Volatile.Write(ref _exact, resized);
    }

    private void Compile() =>
        // ORDER: release. Publishes the trie; pairs with the acquire in Find.
        Volatile.Write(ref _patterns, _compiled.Count == 0 ? null : new PatternTrie(_compiled));
}
