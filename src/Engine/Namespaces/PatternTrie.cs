using System;
using System.Collections.Generic;

namespace Unkey.Engine.Namespaces;

/// <summary>Patterns by their literal beginning and, within it, by their literal end. Immutable; any thread.</summary>
/// <remarks>
/// A radix trie over the bytes before the first <c>*</c>; each of its nodes may carry a second one over the bytes behind the last <c>*</c>,
/// read backwards. Nodes carry runs of bytes, so there are at most twice as many as patterns, however long these are. A search passes the
/// nodes that the identifier's own bytes lead to, and compares only patterns whose beginning and end both match. Every node knows the longest
/// text below it, so that whatever cannot beat the match in hand is not visited.
/// </remarks>
internal sealed class PatternTrie
{
    private readonly Node _root;

    /// <summary>Compiles patterns. Cold.</summary>
    /// <param name="patterns">At least one; every text contains <c>*</c>.</param>
    internal PatternTrie(IReadOnlyCollection<LimitOverride> patterns)
    {
        var entries = new Entry[patterns.Count];
        int count = 0;
        foreach (LimitOverride pattern in patterns)
        {
            ReadOnlySpan<byte> text = pattern.TextUtf8;
            entries[count++] = new Entry(text[..text.IndexOf((byte)'*')].ToArray(), pattern);
        }

        _root = Build(entries, isEnd: false);
    }

    /// <summary>The best pattern that matches an identifier, or null.</summary>
    [HotPath]
    internal LimitOverride? Find(ReadOnlySpan<byte> identifier)
    {
        LimitOverride? best = null;
        int beginning = 0;

        // BOUND: every node but the root takes a byte of the identifier.
        for (Node? node = _root; node is not null && node.CanBeat(best) && identifier[beginning..].StartsWith(node.Label);)
        {
            beginning += node.Label.Length;
            if (node.Ends is not null)
            {
                FindByEnd(node.Ends, identifier, beginning, ref best);
            }

            node = beginning < identifier.Length ? node.Child(identifier[beginning]) : null;
        }

        return best;
    }

    private static void FindByEnd(Node ends, ReadOnlySpan<byte> identifier, int beginning, ref LimitOverride? best)
    {
        ReadOnlySpan<byte> rest = identifier[beginning..];

        // BOUND: every node but the first takes a byte of the identifier.
        for (Node? node = ends; node is not null && node.CanBeat(best) && rest.EndsWith(node.Label);)
        {
            rest = rest[..^node.Label.Length];
            foreach (LimitOverride pattern in node.Patterns)
            {
                if (best is not null && !Outranks(pattern, best))
                {
                    break;
                }

                if (WildcardPattern.IsMatch(pattern.TextUtf8, identifier))
                {
                    best = pattern;
                    break;
                }
            }

            node = rest.IsEmpty ? null : node.Child(rest[^1]);
        }
    }

    /// <summary>The longer text wins; of equally long ones the smaller by bytes.</summary>
    private static bool Outranks(LimitOverride a, LimitOverride b) => a.TextUtf8.Length != b.TextUtf8.Length
        ? a.TextUtf8.Length > b.TextUtf8.Length
        : a.TextUtf8.SequenceCompareTo(b.TextUtf8) < 0;

    /// <summary>Builds the trie over the beginnings, or, of patterns with one beginning, the trie over the ends.</summary>
    private static Node Build(Entry[] entries, bool isEnd)
    {
        Array.Sort(entries, static (a, b) => a.Literal.AsSpan().SequenceCompareTo(b.Literal));
        return Build(entries, 0, isEnd);
    }

    // Each level of the recursion takes a byte of the literals, and their length is bounded by the contract.
    private static Node Build(Span<Entry> entries, int depth, bool isEnd)
    {
        ReadOnlySpan<byte> first = entries[0].Literal.AsSpan(depth);
        int end = depth + first.CommonPrefixLength(entries[^1].Literal.AsSpan(depth));
        byte[] label = first[..(end - depth)].ToArray();

        // Sorted: those that end here come first.
        int here = 0;
        while (here < entries.Length && entries[here].Literal.Length == end)
        {
            here++;
        }

        var children = new List<Node>();
        var bytes = new List<byte>();
        for (int from = here; from < entries.Length;)
        {
            byte value = entries[from].Literal[end];
            int to = from + 1;
            while (to < entries.Length && entries[to].Literal[end] == value)
            {
                to++;
            }

            children.Add(Build(entries[from..to], end, isEnd));
            bytes.Add(value);
            from = to;
        }

        if (isEnd)
        {
            // The literals are reversed; a label is compared with the text as it stands.
            Array.Reverse(label);
        }

        return new Node
        {
            Label = label,
            Children = [.. children],
            Bytes = [.. bytes],
            Ends = isEnd || here == 0 ? null : Build(ByEnd(entries[..here]), isEnd: true),
            Patterns = isEnd ? Ranked(entries[..here]) : [],
            Longest = Longest(entries),
        };
    }

    private static Entry[] ByEnd(Span<Entry> entries)
    {
        var ends = new Entry[entries.Length];
        for (int i = 0; i < ends.Length; i++)
        {
            ReadOnlySpan<byte> text = entries[i].Pattern.TextUtf8;
            byte[] end = text[(text.LastIndexOf((byte)'*') + 1)..].ToArray();
            Array.Reverse(end);
            ends[i] = new Entry(end, entries[i].Pattern);
        }

        return ends;
    }

    private static LimitOverride[] Ranked(Span<Entry> entries)
    {
        var patterns = new LimitOverride[entries.Length];
        for (int i = 0; i < patterns.Length; i++)
        {
            patterns[i] = entries[i].Pattern;
        }

        Array.Sort(patterns, static (a, b) => Outranks(a, b) ? -1 : Outranks(b, a) ? 1 : 0);
        return patterns;
    }

    private static int Longest(Span<Entry> entries)
    {
        int longest = 0;
        foreach (Entry entry in entries)
        {
            longest = Math.Max(longest, entry.Pattern.TextUtf8.Length);
        }

        return longest;
    }

    private readonly record struct Entry(byte[] Literal, LimitOverride Pattern);

    private sealed class Node
    {
        internal required byte[] Label { get; init; }

        internal required Node[] Children { get; init; }

        /// <summary>First byte of what leads to each child, ascending; it is also the first (in an end: the last) byte of the child's label.</summary>
        internal required byte[] Bytes { get; init; }

        internal required Node? Ends { get; init; }

        internal required LimitOverride[] Patterns { get; init; }

        internal required int Longest { get; init; }

        [HotPath]
        internal bool CanBeat(LimitOverride? best) => best is null || Longest >= best.TextUtf8.Length;

        [HotPath]
        internal Node? Child(byte value)
        {
            int at = Bytes.AsSpan().BinarySearch(value);
            return at < 0 ? null : Children[at];
        }
    }
}
