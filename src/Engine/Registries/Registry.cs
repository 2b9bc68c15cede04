using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace Unkey.Engine.Registries;

/// <summary>Immutable objects by a small index that never changes: an array of references, published element by element.</summary>
/// <typeparam name="T">The immutable type.</typeparam>
/// <remarks>Readers use <see cref="Find(int)"/> on any thread, without participating in reclamation: the garbage collector keeps what they hold.
/// Everything else is the writer's, under the writer lock. Entries are never removed; an API that is gone is marked deleted.</remarks>
public abstract class Registry<T>
    where T : class
{
    private readonly Lock _writerLock;
    private readonly Dictionary<string, int> _byId = new(StringComparer.Ordinal);
    private T?[] _items = new T?[16];
    private int _count;

    private protected Registry(Lock writerLock) => _writerLock = writerLock;

    /// <summary>Entries so far; every index below it is in use. Any thread; a recent value.</summary>
    // ORDER: acquire. Pairs with the release in Put: entries below the count are there.
    public int Count => Volatile.Read(ref _count);

    /// <summary>The entry at an index as it is now.</summary>
    /// <param name="index">An index from a record; any other value, -1 included, gives null.</param>
    /// <remarks>Wait-free; any thread; no allocation; never throws.</remarks>
    [HotPath]
    public T? Find(int index)
    {
        // ORDER: acquire. Pairs with the release of the grown array in Put.
        T?[] items = Volatile.Read(ref _items);

        // ORDER: acquire. Pairs with the release of the element in Put.
        return (uint)index < (uint)items.Length ? Volatile.Read(ref items[index]) : null;
    }

    /// <summary>The entry of an id. Under the writer lock.</summary>
    public T? Find(string id)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "Look-ups by id are the writer's.");
        return _byId.TryGetValue(id, out int index) ? _items[index] : null;
    }

    /// <summary>The index an id has or will get.</summary>
    private protected int IndexOf(string id)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "Registries have one writer.");
        return _byId.TryGetValue(id, out int index) ? index : _count;
    }

    /// <summary>Publishes an entry at its index.</summary>
    private protected T Put(string id, int index, T item)
    {
        if (index == _items.Length)
        {
            T?[] grown = new T?[_items.Length * 2];
            Array.Copy(_items, grown, _items.Length);

            // ORDER: release. Publishes the copied elements; pairs with the acquire in Find.
            Volatile.Write(ref _items, grown);
        }

        // ORDER: release. Publishes the object's fields; pairs with the acquire in Find.
        Volatile.Write(ref _items[index], item);
        if (index == _count)
        {
            _byId.Add(id, index);

            // ORDER: release. After the element; pairs with the acquire in Count.
            Volatile.Write(ref _count, index + 1);
        }

        return item;
    }
}
