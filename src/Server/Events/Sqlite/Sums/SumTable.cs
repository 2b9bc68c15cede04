using System;
using System.Collections.Generic;
using Unkey.Engine.Keys;

namespace Unkey.Server.Events.Sqlite.Sums;

/// <summary>Groups of events of one kind and their sums, in memory. One thread.</summary>
/// <remarks>
/// Open addressing over the bytes of <see cref="GroupKey"/>, whose place follows from a secret of the process, because tenants choose identifiers and tags. Keys
/// lie one after the other in blocks that are kept when the table is emptied, so that adding an event makes no garbage.
/// </remarks>
internal sealed class SumTable
{
    private const int BlockBytes = 1 << 20;
    private const int GroupsMin = 1024;

    private readonly List<byte[]> _blocks = [];
    private Group[] _groups = new Group[GroupsMin];
    private int[] _slots = new int[GroupsMin * 2];
    private int _block;
    private int _used;

    /// <summary>Number of groups.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of their keys.</summary>
    public long KeyBytes { get; private set; }

    /// <summary>Adds to a group, which is made when it is not there.</summary>
    /// <param name="key">Its key; copied.</param>
    /// <param name="sum">What to add.</param>
    public void Add(ReadOnlySpan<byte> key, in EventSum sum)
    {
        ulong hash = TextHash.Of(key);
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
        Count = 0;
        KeyBytes = 0;
        _block = 0;
        _used = 0;
    }

    private void Insert(ulong hash, int slot, ReadOnlySpan<byte> key, in EventSum sum)
    {
        (int block, int offset) = Place(key.Length);
        if (Count == _groups.Length)
        {
            Grow();
            slot = FreeSlot(hash);
        }

        key.CopyTo(_blocks[block].AsSpan(offset));
        _groups[Count] = new Group { Hash = hash, Block = block, Offset = offset, Length = key.Length, Sum = sum };
        _slots[slot] = ++Count;
        KeyBytes += key.Length;
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
        for (int i = 0; i < Count; i++)
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

    private struct Group
    {
        public ulong Hash;
        public int Block;
        public int Offset;
        public int Length;
        public EventSum Sum;
    }
}
