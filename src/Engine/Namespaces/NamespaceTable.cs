using System;
using System.Diagnostics;
using System.Text;
using System.Threading;

namespace Unkey.Engine.Namespaces;

/// <summary>All rate-limit namespaces, found by workspace and by name or id without a lock and without a string.</summary>
/// <remarks>
/// <see cref="Find"/> is wait-free and may run on any thread; the garbage collector keeps what it returns. Everything else is the writer's,
/// under the writer lock. Open addressing with linear probing over references; each namespace lies in it twice, under its name and under its
/// id. Namespaces are never removed: a deleted one keeps its name. The place is a keyed hash, because tenants choose the names.
/// </remarks>
public sealed class NamespaceTable
{
    private const int CapacityMin = 64;

    private readonly Lock _writerLock;
    private readonly KeyedHash _hash = KeyedHash.CreateRandom();
    private Entry?[] _entries = new Entry?[CapacityMin];
    private int _used;
    private int _count;

    internal NamespaceTable(Lock writerLock) => _writerLock = writerLock;

    /// <summary>Namespaces. Any thread; a recent value.</summary>
    // ORDER: none needed; Volatile keeps the value fresh for metrics.
    public int Count => Volatile.Read(ref _count);

    /// <summary>Finds a namespace of a workspace; a name is preferred to an id of the same text.</summary>
    /// <param name="workspaceIndex">Index of the workspace.</param>
    /// <param name="nameOrId">Name or id in UTF-8.</param>
    /// <returns>The namespace as it is now, deleted or not; null when there is none.</returns>
    [HotPath]
    public RatelimitNamespace? Find(int workspaceIndex, ReadOnlySpan<byte> nameOrId)
    {
        // ORDER: acquire. Pairs with the release in Grow: the entries are copied when they can be seen.
        Entry?[] entries = Volatile.Read(ref _entries);
        ulong hash = Hash(workspaceIndex, nameOrId);
        RatelimitNamespace? byId = null;

        // BOUND: at least a quarter of the entries is empty.
        for (int i = (int)hash & (entries.Length - 1); ; i = (i + 1) & (entries.Length - 1))
        {
            // ORDER: acquire. Pairs with the release in Insert.
            Entry? entry = Volatile.Read(ref entries[i]);
            if (entry is null)
            {
                return byId;
            }

            if (entry.Hash != hash)
            {
                continue;
            }

            // ORDER: acquire. Pairs with the release in Put.
            RatelimitNamespace found = Volatile.Read(ref entry.Namespace);
            if (found.WorkspaceIndex != workspaceIndex)
            {
                continue;
            }

            if (!entry.IsId && found.NameUtf8.SequenceEqual(nameOrId))
            {
                return found;
            }

            if (entry.IsId && found.IdUtf8.SequenceEqual(nameOrId))
            {
                byId = found;
            }
        }
    }

    /// <summary>Finds a namespace by its id alone. Under the writer lock.</summary>
    /// <param name="workspaceIndex">Index of the workspace.</param>
    /// <param name="id">Its id.</param>
    /// <returns>The namespace as it was published last; null when it never was.</returns>
    public RatelimitNamespace? FindById(int workspaceIndex, string id)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The table has one writer.");
        return EntryOf(workspaceIndex, id, Encoding.UTF8.GetBytes(id), isId: true)?.Namespace;
    }

    /// <summary>Publishes a namespace, or what it has become. Under the writer lock.</summary>
    /// <param name="changed">Its state now; id, name and workspace never change.</param>
    public void Put(RatelimitNamespace changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The table has one writer.");
        bool isNew = Put(changed, changed.IdUtf8, isId: true);
        Put(changed, changed.NameUtf8, isId: false);
        if (isNew)
        {
            // ORDER: none needed, see Count.
            Volatile.Write(ref _count, _count + 1);
        }
    }

    private bool Put(RatelimitNamespace changed, ReadOnlySpan<byte> text, bool isId)
    {
        if (EntryOf(changed.WorkspaceIndex, changed.Id, text, isId) is { } entry)
        {
            // ORDER: release. Publishes the object; pairs with the acquire in Find.
            Volatile.Write(ref entry.Namespace, changed);
            return false;
        }

        if ((_used + 1) * 4 > _entries.Length * 3)
        {
            Grow();
        }

        Insert(_entries, new Entry(Hash(changed.WorkspaceIndex, text), isId, changed));
        _used++;
        return true;
    }

    private Entry? EntryOf(int workspaceIndex, string id, ReadOnlySpan<byte> text, bool isId)
    {
        ulong hash = Hash(workspaceIndex, text);

        // BOUND: at least a quarter of the entries is empty.
        for (int i = (int)hash & (_entries.Length - 1); _entries[i] is { } entry; i = (i + 1) & (_entries.Length - 1))
        {
            if (entry.Hash == hash && entry.IsId == isId && entry.Namespace.Id == id)
            {
                return entry;
            }
        }

        return null;
    }

    private void Grow()
    {
        var grown = new Entry?[_entries.Length * 2];
        foreach (Entry? entry in _entries)
        {
            if (entry is not null)
            {
                Insert(grown, entry);
            }
        }

        // ORDER: release. Publishes the copied entries; pairs with the acquire in Find.
        Volatile.Write(ref _entries, grown);
    }

    private static void Insert(Entry?[] entries, Entry entry)
    {
        int i = (int)entry.Hash & (entries.Length - 1);

        // BOUND: at least a quarter of the entries is empty.
        while (entries[i] is not null)
        {
            i = (i + 1) & (entries.Length - 1);
        }

        // ORDER: release. Publishes the entry's fields; pairs with the acquire in Find.
        Volatile.Write(ref entries[i], entry);
    }

    private ulong Hash(int workspaceIndex, ReadOnlySpan<byte> text)
    {
        KeyedHash.Parts parts = _hash.Begin();
        parts.Add((ulong)workspaceIndex);
        parts.Add(text);
        return (ulong)parts.Finish();
    }

    private sealed class Entry(ulong hash, bool isId, RatelimitNamespace value)
    {
        internal readonly ulong Hash = hash;
        internal readonly bool IsId = isId;
        internal RatelimitNamespace Namespace = value;
    }
}
