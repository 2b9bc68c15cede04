using System;

namespace Unkey.Server.Transport;

/// <summary>The connections of one reactor and their deadlines, by slot.</summary>
/// <remarks>
/// One reactor thread. The deadlines lie in an array of their own, so that the sweep over ten thousand idle connections
/// reads 80 KB in order and touches a connection only when its time is over; a request costs one store to move its deadline.
/// </remarks>
internal sealed class ConnectionTable
{
    /// <summary>A deadline that never comes.</summary>
    internal const long Never = long.MaxValue;

    private Connection?[] _connections = new Connection?[64];
    private long[] _deadlines = NewDeadlines(64);
    private int[] _freeSlots = new int[64];
    private int _freeCount;
    private uint _generation;

    /// <summary>One past the highest slot in use since the start.</summary>
    internal int SlotCount { get; private set; }

    /// <summary>Connections open now.</summary>
    internal int Count { get; private set; }

    /// <summary>A slot for a new connection and the generation that makes it unique.</summary>
    internal int NextSlot(out uint generation)
    {
        generation = ++_generation;
        if (_freeCount > 0)
        {
            return _freeSlots[--_freeCount];
        }

        if (SlotCount == _connections.Length)
        {
            int size = _connections.Length * 2;
            Array.Resize(ref _connections, size);
            Array.Resize(ref _freeSlots, size);
            long[] deadlines = NewDeadlines(size);
            _deadlines.CopyTo(deadlines, 0);
            _deadlines = deadlines;
        }

        return SlotCount++;
    }

    /// <summary>Gives back a slot from <see cref="NextSlot"/> that was never used.</summary>
    internal void ReturnSlot(int slot) => _freeSlots[_freeCount++] = slot;

    /// <summary>Puts <paramref name="connection"/> into its slot.</summary>
    internal void Add(Connection connection)
    {
        _connections[connection.Slot] = connection;
        Count++;
    }

    /// <summary>The connection in <paramref name="slot"/>, if it is still the one of that generation.</summary>
    [HotPath]
    internal Connection? Find(int slot, uint generation)
    {
        if ((uint)slot >= (uint)_connections.Length)
        {
            return null;
        }

        Connection? connection = _connections[slot];
        return connection is not null && connection.Generation == generation ? connection : null;
    }

    /// <summary>The connection in <paramref name="slot"/>, or null.</summary>
    internal Connection? At(int slot) => _connections[slot];

    /// <summary>Forgets a connection and frees its slot.</summary>
    internal void Remove(Connection connection)
    {
        _connections[connection.Slot] = null;
        _deadlines[connection.Slot] = Never;
        _freeSlots[_freeCount++] = connection.Slot;
        Count--;
    }

    /// <summary>Sets when the connection's patience ends, in the reactor's monotonic milliseconds.</summary>
    [HotPath]
    internal void SetDeadline(Connection connection, long monotonicMs) => _deadlines[connection.Slot] = monotonicMs;

    /// <summary>When the connection's patience ends.</summary>
    internal long DeadlineOf(Connection connection) => _deadlines[connection.Slot];

    /// <summary>The next slot from <paramref name="from"/> on whose deadline has come, or -1.</summary>
    internal int NextExpired(int from, long monotonicMs)
    {
        long[] deadlines = _deadlines;
        for (int i = from; i < SlotCount; i++)
        {
            if (deadlines[i] <= monotonicMs)
            {
                return i;
            }
        }

        return -1;
    }

    private static long[] NewDeadlines(int size)
    {
        var deadlines = new long[size];
        Array.Fill(deadlines, Never);
        return deadlines;
    }
}
