using System;

namespace Unkey.Engine.Keys;

/// <summary>The changes of one write-back, in memory that the next one uses again: there can be a hundred thousand each second. One thread at a time.</summary>
public sealed class CreditChanges
{
    private const int ChangesMin = 16;

    private readonly TextArena _keyIds = new();
    private readonly TextSort _sort = new();
    private CreditChange[] _changes = [];
    private int[] _order = [];

    /// <summary>Number of changes.</summary>
    public int Count { get; private set; }

    /// <summary>The changes, in the order in which they were found; a view until the next <see cref="Add"/>.</summary>
    public ReadOnlySpan<CreditChange> Items => _changes.AsSpan(0, Count);

    /// <summary>Id of a change's key, UTF-8; a view until the next <see cref="Add"/>.</summary>
    public ReadOnlySpan<byte> KeyId(in CreditChange change) => _keyIds[change.KeyId];

    /// <summary>The places in <see cref="Items"/> in the order of the key ids.</summary>
    /// <param name="breathe">Called every few microseconds of the work.</param>
    public ReadOnlySpan<int> OrderByKeyId(Action breathe)
    {
        if (_order.Length < Count)
        {
            _order = new int[_changes.Length];
        }

        Span<int> order = _order.AsSpan(0, Count);
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        _sort.Sort(order, new KeyIdSource(_changes, _keyIds), breathe);
        return order;
    }

    /// <summary>Forgets all changes and keeps the memory.</summary>
    public void Clear()
    {
        Count = 0;
        _keyIds.Clear();
    }

    internal void Add(in KeyDigest digest, ReadOnlySpan<byte> keyId, long serial, long spent)
    {
        if (Count == _changes.Length)
        {
            Array.Resize(ref _changes, Math.Max(2 * Count, ChangesMin));
        }

        _changes[Count++] = new CreditChange(digest, _keyIds.Add(keyId), serial, spent);
    }

    private readonly struct KeyIdSource(CreditChange[] changes, TextArena keyIds) : ITextSource
    {
        public ReadOnlySpan<byte> this[int item] => keyIds[changes[item].KeyId];
    }
}
