using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Threading;

namespace Unkey.Server.Hosting;

/// <summary>A bounded queue for one thread that does the work. Any number of threads add.</summary>
/// <remarks>
/// The thread that takes sleeps as soon as there is nothing. The collections of the runtime spin for a while before, and offer the core to others some hundred times: under many small
/// writes that was a tenth of what the store's writer cost, on a core that reactors want.
/// </remarks>
/// <param name="capacity">Items that may wait, 1 or more.</param>
internal sealed class WorkQueue<T>(int capacity)
    where T : class
{
    private readonly Queue<T> _items = new();

    // Monitor and not Lock: there is something to wait for.
    private readonly object _lock = new();
    private bool _isComplete;

    /// <summary>Whether nothing is added any more. Any thread.</summary>
    public bool IsAddingCompleted
    {
        get
        {
            lock (_lock)
            {
                return _isComplete;
            }
        }
    }

    /// <summary>Whether nothing is added any more and nothing is left. Any thread.</summary>
    public bool IsCompleted
    {
        get
        {
            lock (_lock)
            {
                return _isComplete && _items.Count == 0;
            }
        }
    }

    /// <summary>Adds an item. Any thread; never waits for room.</summary>
    /// <returns>Whether there was room.</returns>
    /// <exception cref="InvalidOperationException">Nothing is added any more.</exception>
    public bool TryAdd(T item)
    {
        lock (_lock)
        {
            if (_isComplete)
            {
                throw new InvalidOperationException("The queue is closed.");
            }

            if (_items.Count == capacity)
            {
                return false;
            }

            _items.Enqueue(item);
            Monitor.Pulse(_lock);
            return true;
        }
    }

    /// <summary>Takes the oldest item. The working thread.</summary>
    /// <param name="item">The item.</param>
    /// <param name="wait">How long to wait for one; infinite until <see cref="CompleteAdding"/>.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryTake([NotNullWhen(true)] out T? item, TimeSpan wait)
    {
        lock (_lock)
        {
            // BOUND: each turn waits for the time, an item or the end. A wake-up for nothing makes a finite wait longer, which no caller minds.
            while (!_items.TryDequeue(out item))
            {
                if (_isComplete || wait == TimeSpan.Zero || !Monitor.Wait(_lock, wait))
                {
                    return _items.TryDequeue(out item);
                }
            }

            return true;
        }
    }

    /// <summary>Says that nothing is added any more; what is there can be taken. Any thread; a second time it does nothing.</summary>
    public void CompleteAdding()
    {
        lock (_lock)
        {
            _isComplete = true;
            Monitor.PulseAll(_lock);
        }
    }
}
