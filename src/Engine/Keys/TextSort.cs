using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace Unkey.Engine.Keys;

/// <summary>Sorts items by the bytes of their texts, in memory that is used again. One thread at a time; cold.</summary>
/// <remarks>
/// <para>Comparing texts that lie anywhere waits for memory at every step. So the next eight bytes of each text are taken as a number, the numbers are sorted, and only texts
/// whose numbers are equal are looked at again, further on: a text is read a few times, and not once for each comparison.</para>
/// <para>Source: caching multikey quicksort (Ng and Kakehi, "Cache Efficient Radix Sort for String Sorting", 2007), with the sort of the runtime for the numbers of a level.</para>
/// </remarks>
public sealed class TextSort
{
    private const int StepsPerBreath = 64;

    // Below this many, comparing is less work than sorting numbers.
    private const int FewItems = 8;

    private readonly WordComparer _comparer = new();
    private readonly Stack<TextRange> _rest = new();
    private ulong[] _words = [];

    /// <summary>Sorts. Equal texts come in any order, and so do texts that differ by zeros at their end alone.</summary>
    /// <param name="items">What is sorted.</param>
    /// <param name="texts">The text of each item.</param>
    /// <param name="breathe">Called every few microseconds of the work, so that a long one can give way to others.</param>
    public void Sort<TTexts>(Span<int> items, in TTexts texts, Action breathe)
        where TTexts : struct, ITextSource
    {
        ArgumentNullException.ThrowIfNull(breathe);
        if (_words.Length < items.Length)
        {
            _words = new ulong[Math.Max(items.Length, Math.Min(_words.Length * 2, Array.MaxLength))];
        }

        _comparer.Breathe = breathe;
        _rest.Clear();
        _rest.Push(new TextRange(0, items.Length, 0));

        // BOUND: each range is at least eight bytes further on in each of its texts than the one that it is a part of, and not beyond the longest.
        while (_rest.TryPop(out TextRange range))
        {
            Span<int> part = items.Slice(range.Start, range.Count);
            if (part.Length <= FewItems)
            {
                Insert(part, in texts, range.Depth);
                breathe();
            }
            else
            {
                Sort(part, in texts, range);
            }
        }
    }

    private void Sort<TTexts>(Span<int> items, in TTexts texts, TextRange range)
        where TTexts : struct, ITextSource
    {
        Span<ulong> words = _words.AsSpan(0, items.Length);
        bool isSame = true;
        bool isMore = false;
        for (int i = 0; i < items.Length; i++)
        {
            ReadOnlySpan<byte> rest = Rest(texts[items[i]], range.Depth);
            words[i] = Word(rest);
            isSame &= words[i] == words[0];
            isMore |= rest.Length > sizeof(ulong);
            Breathe(i);
        }

        if (isSame)
        {
            if (isMore)
            {
                _rest.Push(range with { Depth = range.Depth + CommonPrefix(items, in texts, range.Depth) });
            }

            return;
        }

        words.Sort(items, _comparer);
        if (!isMore)
        {
            return;
        }

        int start = 0;
        for (int i = 1; i <= items.Length; i++)
        {
            if (i == items.Length || words[i] != words[start])
            {
                if (i - start > 1)
                {
                    _rest.Push(new TextRange(range.Start + start, i - start, range.Depth + sizeof(ulong)));
                }

                start = i;
            }
        }
    }

    // Not less than the word that all have in common, also where a text ends within it: it goes on with zeros, as its word did.
    private int CommonPrefix<TTexts>(ReadOnlySpan<int> items, in TTexts texts, int depth)
        where TTexts : struct, ITextSource
    {
        ReadOnlySpan<byte> common = Rest(texts[items[0]], depth);
        for (int i = 1; i < items.Length && common.Length > sizeof(ulong); i++)
        {
            common = common[..common.CommonPrefixLength(Rest(texts[items[i]], depth))];
            Breathe(i);
        }

        return Math.Max(common.Length, sizeof(ulong));
    }

    private static void Insert<TTexts>(Span<int> items, in TTexts texts, int depth)
        where TTexts : struct, ITextSource
    {
        for (int i = 1; i < items.Length; i++)
        {
            int item = items[i];
            ReadOnlySpan<byte> text = Rest(texts[item], depth);
            int at = i;

            // BOUND: by the items before this one.
            for (; at > 0 && Rest(texts[items[at - 1]], depth).SequenceCompareTo(text) > 0; at--)
            {
                items[at] = items[at - 1];
            }

            items[at] = item;
        }
    }

    private static ReadOnlySpan<byte> Rest(ReadOnlySpan<byte> text, int depth) => text[Math.Min(depth, text.Length)..];

    // The first eight bytes as a number with the same order; zeros stand for what is not there.
    private static ulong Word(ReadOnlySpan<byte> text)
    {
        if (text.Length >= sizeof(ulong))
        {
            return BinaryPrimitives.ReadUInt64BigEndian(text);
        }

        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        text.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    private void Breathe(int step)
    {
        if (step % StepsPerBreath == 0)
        {
            _comparer.Breathe();
        }
    }

    /// <summary>Items whose texts are the same up to a depth.</summary>
    /// <param name="Start">Place of the first.</param>
    /// <param name="Count">Number of them.</param>
    /// <param name="Depth">Bytes that they share, or lack.</param>
    private readonly record struct TextRange(int Start, int Count, int Depth);

    private sealed class WordComparer : IComparer<ulong>
    {
        private const int ComparisonsPerBreath = 256;

        private int _steps;

        public Action Breathe { get; set; } = static () => { };

        public int Compare(ulong x, ulong y)
        {
            if (++_steps % ComparisonsPerBreath == 0)
            {
                Breathe();
            }

            return x.CompareTo(y);
        }
    }
}
