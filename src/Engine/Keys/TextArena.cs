using System;
using System.Collections.Generic;

namespace Unkey.Engine.Keys;

/// <summary>UTF-8 texts one behind the other in memory that is used again, so that many of them are no objects. One thread at a time; cold.</summary>
public sealed class TextArena
{
    private const int BytesMin = 4 * 1024;
    private const int StepsPerBreath = 256;

    private readonly Comparer _comparer = new();
    private byte[] _bytes = [];
    private int _used;
    private TextRef _first;
    private bool _hasFirst;
    private ulong[] _sortKeys = [];

    /// <summary>Bytes that every text begins with.</summary>
    public int CommonPrefix { get; private set; }

    /// <summary>The text of an earlier <see cref="Add"/>; a view until the next one.</summary>
    public ReadOnlySpan<byte> this[TextRef text] => _bytes.AsSpan(text.Offset, text.Length);

    /// <summary>Adds a copy of a text.</summary>
    /// <exception cref="InvalidOperationException">All texts together would be longer than an array can be.</exception>
    public TextRef Add(ReadOnlySpan<byte> text)
    {
        if (text.Length > _bytes.Length - _used)
        {
            Grow(text.Length);
        }

        TextRef added = new(_used, text.Length);
        text.CopyTo(_bytes.AsSpan(_used));
        _used += text.Length;
        if (!_hasFirst)
        {
            _hasFirst = true;
            _first = added;
            CommonPrefix = text.Length;
        }
        else
        {
            CommonPrefix = this[_first][..CommonPrefix].CommonPrefixLength(text);
        }

        return added;
    }

    /// <summary>
    /// Puts items in the order of their texts, as far as the first eight bytes tell that not all of them share: ids then follow each other so that
    /// neighbours in a store are close. The items of equal bytes come in any order.
    /// </summary>
    /// <param name="items">What is sorted.</param>
    /// <param name="texts">The text of each item, at the same place.</param>
    /// <param name="breathe">Called every few microseconds of the work, so that a long one can give way to others.</param>
    public void Sort(Span<int> items, ReadOnlySpan<TextRef> texts, Action breathe)
    {
        ArgumentNullException.ThrowIfNull(breathe);
        ArgumentOutOfRangeException.ThrowIfNotEqual(texts.Length, items.Length);
        if (_sortKeys.Length < items.Length)
        {
            _sortKeys = new ulong[Math.Max(items.Length, Math.Min(_sortKeys.Length * 2, Array.MaxLength))];
        }

        for (int i = 0; i < items.Length; i++)
        {
            _sortKeys[i] = SortKey(this[texts[i]][CommonPrefix..]);
            if (i % StepsPerBreath == 0)
            {
                breathe();
            }
        }

        _comparer.Breathe = breathe;
        _sortKeys.AsSpan(0, items.Length).Sort(items, _comparer);
    }

    /// <summary>Forgets all texts and keeps the memory.</summary>
    public void Clear()
    {
        _used = 0;
        _hasFirst = false;
        CommonPrefix = 0;
    }

    // The first eight bytes as a number with the same order; zeros stand for what is not there.
    private static ulong SortKey(ReadOnlySpan<byte> text)
    {
        ulong key = 0;
        int count = Math.Min(text.Length, sizeof(ulong));
        for (int i = 0; i < count; i++)
        {
            key |= (ulong)text[i] << (56 - (8 * i));
        }

        return key;
    }

    private sealed class Comparer : IComparer<ulong>
    {
        private int _steps;

        public Action Breathe { get; set; } = static () => { };

        public int Compare(ulong x, ulong y)
        {
            if (++_steps % StepsPerBreath == 0)
            {
                Breathe();
            }

            return x.CompareTo(y);
        }
    }

    private void Grow(int more)
    {
        long needed = (long)_used + more;
        if (needed > Array.MaxLength)
        {
            throw new InvalidOperationException("The texts are longer than an array can be.");
        }

        Array.Resize(ref _bytes, (int)Math.Min(Math.Max(Math.Max(needed, BytesMin), 2L * _bytes.Length), Array.MaxLength));
    }
}
