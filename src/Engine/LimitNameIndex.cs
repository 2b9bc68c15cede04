using System;
using System.Numerics;
using Unkey.Engine.Keys;

namespace Unkey.Engine;

/// <summary>
/// Finds, among the limits of one request, the entry that counts for a name: the last one. Rebuilt for every request that names limits.
/// Belongs to one thread. Linear for the usual few entries, an open-addressed table beyond, so that a request with very many stays linear.
/// </summary>
internal sealed class LimitNameIndex
{
    /// <summary>Up to this many entries a scan beats the table.</summary>
    private const int ScanMax = 8;

    private ulong[] _hashes = new ulong[ScanMax];
    private int[] _table = [];
    private uint _mask;
    private int _count;

    /// <summary>Takes in the entries of a request.</summary>
    [HotPath]
    internal void Build(in VerifyInput input)
    {
        _count = input.Limits.Length;
        uint capacity = BitOperations.RoundUpToPowerOf2((uint)_count);
        if (capacity > (uint)_hashes.Length)
        {
            // ALLOC: once for the longest list a thread ever sees.
            _hashes = new ulong[capacity];
            _table = new int[capacity * 2];
        }

        for (int i = 0; i < _count; i++)
        {
            _hashes[i] = TextHash.Of(input.LimitName(i));
        }

        if (_count > ScanMax)
        {
            // By this request's size, not the largest seen, so that one long list does not slow down every later one.
            _mask = (capacity * 2) - 1;
            BuildTable(in input);
        }
    }

    /// <summary>Hash of an entry's name.</summary>
    internal ulong HashOf(int index) => _hashes[index];

    /// <summary>The entry that counts for a name, or -1.</summary>
    [HotPath]
    internal int Find(in VerifyInput input, ReadOnlySpan<byte> name, ulong hash)
    {
        if (_count > ScanMax)
        {
            return _table[Place(in input, name, hash)] - 1;
        }

        // BOUND: by ScanMax.
        for (int i = _count - 1; i >= 0; i--)
        {
            if (_hashes[i] == hash && input.LimitName(i).SequenceEqual(name))
            {
                return i;
            }
        }

        return -1;
    }

    private void BuildTable(in VerifyInput input)
    {
        Array.Clear(_table, 0, (int)_mask + 1);
        for (int i = 0; i < _count; i++)
        {
            // A later entry takes the place of an earlier one of its name.
            _table[Place(in input, input.LimitName(i), _hashes[i])] = i + 1;
        }
    }

    private uint Place(in VerifyInput input, ReadOnlySpan<byte> name, ulong hash)
    {
        uint place = (uint)hash & _mask;

        // BOUND: the table is at most half full.
        while (_table[place] != 0)
        {
            int entry = _table[place] - 1;
            if (_hashes[entry] == hash && input.LimitName(entry).SequenceEqual(name))
            {
                break;
            }

            place = (place + 1) & _mask;
        }

        return place;
    }
}
