using System;
using System.Collections.Generic;
using Unkey.Engine.Keys;

namespace Unkey.Server.Events.Sqlite.Sums;

/// <summary>Groups of events of one kind and their sums, in memory. One thread.</summary>
/// <remarks>
/// Open addressing over the bytes of <see cref="GroupKey"/>, whose place follows from a secret of the process, because tenants choose identifiers and tags. Keys
/// lie one after the other in blocks that are kept when the table is emptied, so that adding an event makes no garbage.
/// With a hundred thousand groups each step of a search (slot, group, key) waits for memory. So additions gather, and some are searched together step by step:
/// the waits of one step do not depend on each other, and the processor has them all at once.
/// </remarks>
internal sealed class SumTable
{
    private const int BlockBytes = 1 << 20;
    private const int GroupsMin = 1024;
    private const int AdditionsMax = 16;
    private const int AdditionKeyBytesMax = 8 * 1024;

    private readonly List<byte[]> _blocks = [];
    private readonly Addition[] _additions = new Addition[AdditionsMax];
    private readonly byte[] _additionKeys = new byte[AdditionKeyBytesMax];
    private Group[] _groups = new Group[GroupsMin];
    private int[] _slots = new int[GroupsMin * 2];
    private int _block;
    private int _used;
    private int _count;
    private long _keyBytes;
    private int _additionCount;
    private int _additionKeysUsed;

    /// <summary>Number of groups.</summary>
    public int Count
    {
        get
        {
            Settle();
            return _count;
        }
    }

    /// <summary>Bytes of their keys.</summary>
    public long KeyBytes
    {
        get
        {
            Settle();
            return _keyBytes;
        }
    }

    /// <summary>Adds to a group, which is made when it is not there. <see cref="Count"/> and what is read after it know of it.</summary>
    /// <param name="key">Its key; copied.</param>
    /// <param name="sum">What to add.</param>
    public void Add(ReadOnlySpan<byte> key, in EventSum sum)
    {
        if (_additionCount == AdditionsMax || key.Length > AdditionKeyBytesMax - _additionKeysUsed)
        {
            Settle();
        }

        ulong hash = TextHash.Of(key);
        if (key.Length > AdditionKeyBytesMax)
        {
            Add(hash, key, in sum);
            return;
        }

        key.CopyTo(_additionKeys.AsSpan(_additionKeysUsed));
        _additions[_additionCount++] = new Addition { Hash = hash, Offset = _additionKeysUsed, Length = key.Length, Sum = sum };
        _additionKeysUsed += key.Length;
    }

    /// <summary>The key of a group.</summary>
    /// <param name="group">0 to <see cref="Count"/> - 1.</param>
    public ReadOnlySpan<byte> Key(int group)
    {
        ref Group found = ref _groups[group];
        return _blocks[found.Block].AsSpan(found.Offset, found.Length);
    }

    /// <summary>The sums of a group.</summary>
    /// <param name="group">0 to <see cref="Count"/> - 1.</param>
    public ref readonly EventSum Sum(int group) => ref _groups[group].Sum;

    /// <summary>Forgets all groups; the memory stays for the next ones.</summary>
    public void Clear()
    {
        if (Count == 0)
        {
            return;
        }

        Array.Clear(_slots);

        // A block of another size was made for one key that is longer than a block.
        _blocks.RemoveAll(static block => block.Length != BlockBytes);
        _count = 0;
        _keyBytes = 0;
        _block = 0;
        _used = 0;
    }

    private static bool LooksLike(ReadOnlySpan<byte> known, ReadOnlySpan<byte> key) =>
        known.Length == key.Length && (key.IsEmpty || (known[0] == key[0] && known[key.Length / 2] == key[key.Length / 2] && known[^1] == key[^1]));

    private ReadOnlySpan<byte> KeyOf(in Addition addition) => _additionKeys.AsSpan(addition.Offset, addition.Length);

    private void Settle()
    {
        Span<Addition> additions = _additions.AsSpan(0, _additionCount);
        _additionCount = 0;
        _additionKeysUsed = 0;
        int mask = _slots.Length - 1;
        foreach (ref Addition addition in additions)
        {
            addition.Group = _slots[(int)addition.Hash & mask] - 1;
        }

        foreach (ref Addition addition in additions)
        {
            if (addition.Group >= 0 && _groups[addition.Group].Hash != addition.Hash)
            {
                addition.Group = -1;
            }
        }

        // Keys are two or three lines: a byte of each is enough to have all of them on their way.
        foreach (ref Addition addition in additions)
        {
            if (addition.Group >= 0 && !LooksLike(Key(addition.Group), KeyOf(in addition)))
            {
                addition.Group = -1;
            }
        }

        foreach (ref readonly Addition addition in additions)
        {
            ReadOnlySpan<byte> key = KeyOf(in addition);
            if (addition.Group >= 0 && Key(addition.Group).SequenceEqual(key))
            {
                _groups[addition.Group].Sum.Add(in addition.Sum);
            }
            else
            {
                Add(addition.Hash, key, in addition.Sum);
            }
        }
    }

    private void Add(ulong hash, ReadOnlySpan<byte> key, in EventSum sum)
    {
        int mask = _slots.Length - 1;

        // BOUND: at most half of the slots are taken.
        for (int slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            // A group's number plus one; nothing is 0.
            int found = _slots[slot] - 1;
            if (found < 0)
            {
                Insert(hash, slot, key, in sum);
                return;
            }

            ref Group group = ref _groups[found];
            if (group.Hash == hash && Key(found).SequenceEqual(key))
            {
                group.Sum.Add(in sum);
                return;
            }
        }
    }

    private void Insert(ulong hash, int slot, ReadOnlySpan<byte> key, in EventSum sum)
    {
        (int block, int offset) = Place(key.Length);
        if (_count == _groups.Length)
        {
            Grow();
            slot = FreeSlot(hash);
        }

        key.CopyTo(_blocks[block].AsSpan(offset));
        _groups[_count] = new Group { Hash = hash, Block = block, Offset = offset, Length = key.Length, Sum = sum };
        _slots[slot] = ++_count;
        _keyBytes += key.Length;
    }

    private (int Block, int Offset) Place(int length)
    {
        if (_blocks.Count > 0 && _blocks[_block].Length - _used < length)
        {
            _block++;
            _used = 0;
        }

        if (_block == _blocks.Count)
        {
            _blocks.Add(GC.AllocateUninitializedArray<byte>(Math.Max(BlockBytes, length)));
        }
        else if (_blocks[_block].Length < length)
        {
            _blocks.Insert(_block, GC.AllocateUninitializedArray<byte>(length));
        }

        int offset = _used;
        _used += length;
        return (_block, offset);
    }

    private void Grow()
    {
        Array.Resize(ref _groups, _groups.Length * 2);
        _slots = new int[_groups.Length * 2];
        for (int i = 0; i < _count; i++)
        {
            _slots[FreeSlot(_groups[i].Hash)] = i + 1;
        }
    }

    private int FreeSlot(ulong hash)
    {
        int mask = _slots.Length - 1;
        int slot = (int)hash & mask;

        // BOUND: at most half of the slots are taken.
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private struct Addition
    {
        public ulong Hash;
        public int Offset;
        public int Length;

        /// <summary>The group in the first slot of its hash; -1 for none or another's.</summary>
        public int Group;
        public EventSum Sum;
    }

    private struct Group
    {
        public ulong Hash;
        public int Block;
        public int Offset;
        public int Length;
        public EventSum Sum;
    }
}
