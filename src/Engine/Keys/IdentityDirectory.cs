using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using Unkey.Engine.Memory;

namespace Unkey.Engine.Keys;

/// <summary>Owns the identity cells and publishes what is behind them.</summary>
/// <remarks>
/// Writer-side: every member runs under the writer lock; readers reach identities through their key records only. A cell lives as long as a
/// published identity or a key refers to it, so keys and identities may be loaded and deleted in any order.
/// </remarks>
public sealed unsafe class IdentityDirectory : IRecordOwner, IDisposable
{
    private readonly Lock _writerLock;
    private readonly Reclaimer _reclaimer;
    private readonly RecordHeap _records;

    // Key records hold addresses of cells, so cells do not move with the records.
    private readonly NativeHeap _cells;
    private readonly Dictionary<string, int> _byId = new(StringComparer.Ordinal);
    private readonly List<Entry> _entries = [];
    private readonly Stack<int> _unused = new();
    private int _published;

    internal IdentityDirectory(Lock writerLock, Reclaimer reclaimer, RecordHeap records)
    {
        _writerLock = writerLock;
        _reclaimer = reclaimer;
        _records = records;
        _cells = new NativeHeap(writerLock);
        records.Add(this);
    }

    /// <summary>Published identities. Any thread; a recent value.</summary>
    // ORDER: none needed; Volatile keeps the value fresh for metrics.
    public int Count => Volatile.Read(ref _published);

    /// <summary>Cells in use: published identities, and ids that keys refer to without one.</summary>
    internal int CellCount => _byId.Count;

    /// <summary>Bytes of the cells.</summary>
    internal long CellBytes => _cells.AllocatedBytes;

    /// <summary>Publishes an identity, or replaces it; keys linked to its id show it from now on.</summary>
    /// <param name="spec">What the identity is now.</param>
    /// <exception cref="ArgumentException">A text or a count is over its bound; nothing is changed.</exception>
    public void Upsert(IdentitySpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "Identities are the writer's.");
        _records.CompactIfSparse();
        nint record = IdentityRecordBuilder.Build(spec, _records.Current);
        int index = FindOrAdd(spec.Id);
        nint previous = IdentityCell.Publish(_entries[index].Cell, record);
        if (previous == 0)
        {
            _published++;
        }

        RetireRecord(previous);
    }

    /// <summary>Withdraws an identity: its keys are as if they had none.</summary>
    /// <param name="identityId">Identity id.</param>
    /// <returns>Whether it was published.</returns>
    public bool Remove(string identityId)
    {
        ArgumentNullException.ThrowIfNull(identityId);
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "Identities are the writer's.");
        if (!_byId.TryGetValue(identityId, out int index))
        {
            return false;
        }

        nint previous = IdentityCell.Publish(_entries[index].Cell, 0);
        if (previous == 0)
        {
            return false;
        }

        _published--;
        RetireRecord(previous);
        DropIfUnused(index);
        return true;
    }

    /// <summary>The published identity of an id, valid under the writer lock; null when there is none.</summary>
    /// <param name="identityId">Identity id.</param>
    public IdentityRecord Find(string identityId)
    {
        ArgumentNullException.ThrowIfNull(identityId);
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "Identities are the writer's.");
        return _byId.TryGetValue(identityId, out int index) ? IdentityCell.Read(_entries[index].Cell) : default;
    }

    /// <summary>The cell of an id, with one more key that refers to it.</summary>
    internal IdentityCell* Acquire(string identityId)
    {
        Entry entry = _entries[FindOrAdd(identityId)];
        entry.KeyCount++;
        return entry.Cell;
    }

    /// <summary>Takes back one key's reference. The key's record is unlinked already; readers may still follow it to the cell.</summary>
    internal void Release(IdentityCell* cell)
    {
        int index = cell->Entry;
        _entries[index].KeyCount--;
        DropIfUnused(index);
    }

    void IRecordOwner.MoveRecords(NativeHeap destination)
    {
        foreach (Entry entry in _entries)
        {
            if (entry.Cell is not null && entry.Cell->Current != 0)
            {
                var original = (IdentityRecordHeader*)entry.Cell->Current;
                IdentityCell.Publish(entry.Cell, (nint)destination.CopyOf((byte*)original, (nuint)original->ByteCount));
            }
        }
    }

    /// <summary>Frees the cells. No reader may be left.</summary>
    public void Dispose() => _cells.Dispose();

    private int FindOrAdd(string identityId)
    {
        if (_byId.TryGetValue(identityId, out int index))
        {
            return index;
        }

        if (!_unused.TryPop(out index))
        {
            index = _entries.Count;
            _entries.Add(Entry.Free);
        }

        var cell = (IdentityCell*)_cells.Allocate((nuint)sizeof(IdentityCell));
        *cell = new IdentityCell { Entry = index };
        _entries[index] = new Entry(identityId, cell);
        _byId.Add(identityId, index);
        return index;
    }

    private void DropIfUnused(int index)
    {
        Entry entry = _entries[index];
        if (entry.KeyCount > 0 || entry.Cell->Current != 0)
        {
            return;
        }

        _byId.Remove(entry.Id);
        _entries[index] = Entry.Free;
        _unused.Push(index);
        _reclaimer.Retire(_cells, (nint)entry.Cell, (nuint)sizeof(IdentityCell));
    }

    private void RetireRecord(nint record)
    {
        if (record != 0)
        {
            _reclaimer.Retire(_records.Current, record, (nuint)((IdentityRecordHeader*)record)->ByteCount);
        }
    }

    private sealed class Entry(string id, IdentityCell* cell)
    {
        public static readonly Entry Free = new(string.Empty, null);

        public string Id { get; } = id;

        public IdentityCell* Cell { get; } = cell;

        public int KeyCount { get; set; }
    }
}
