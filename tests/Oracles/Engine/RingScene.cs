using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Unkey.Engine.Events;

namespace Unkey.Tests.Oracles;

/// <summary>A ring in memory that a test looks at, a ledger of what was published in it, and what a reader finds in any other state of that memory.</summary>
internal sealed class RingScene : IDisposable
{
    public const long Capacity = EventRing.CapacityMin;
    public const int WordBytes = sizeof(ulong);
    public const int HeadBytes = 16;

    private readonly SharedMemory _memory = new(EventRing.MemoryBytes(Capacity));

    public RingScene() => Ring = EventRing.Create(_memory, Capacity);

    public EventRing Ring { get; }

    /// <summary>The payload of every record, by its position.</summary>
    public Dictionary<long, byte[]> Published { get; } = [];

    public static long DataOffset => EventRing.MemoryBytes(0);

    public void Dispose() => Ring.Dispose();

    /// <summary>The memory as it is.</summary>
    public byte[] Snapshot() => _memory.Bytes.ToArray();

    /// <summary>Publishes a payload; the given step is called between any two calls that store something.</summary>
    /// <returns>Whether there was room.</returns>
    public bool Publish(byte[] payload, Action? step = null)
    {
        if (!Ring.TryReserve(payload.Length, out EventWriter writer))
        {
            return false;
        }

        step?.Invoke();
        foreach (byte value in payload)
        {
            writer.Byte(value);
            step?.Invoke();
        }

        Ring.Publish(in writer);
        step?.Invoke();
        Published.Add(Ring.Tail - ((payload.Length + HeadBytes + 15) & -16), payload);
        return true;
    }

    /// <summary>Opens a state of the memory, as the next process does.</summary>
    /// <param name="state">The memory.</param>
    /// <param name="isTorn">Whether the reader ended before the tail.</param>
    /// <param name="from">Where to begin; null for the head of the ring.</param>
    /// <returns>Position and payload of each event, or <see langword="null"/> when the memory holds no ring.</returns>
    public static List<(long Position, byte[] Payload)>? Read(ReadOnlySpan<byte> state, out bool isTorn, long? from = null)
    {
        SharedMemory memory = new(state.Length);
        state.CopyTo(memory.Bytes);
        isTorn = false;
        if (EventRing.Open(memory) is not { } ring)
        {
            memory.Dispose();
            return null;
        }

        using (ring)
        {
            List<(long, byte[])> found = [];
            long position = from ?? ring.Head;
            while (ring.TryRead(ref position, out ReadOnlySpan<byte> payload))
            {
                found.Add((position - ((payload.Length + HeadBytes + 15) & -16), payload.ToArray()));
            }

            isTorn = ring.IsTornAt(position);
            return found;
        }
    }

    /// <summary>As <see cref="Read"/>, but believes the head, the tail and the length of every record: the reader that the checksum and the position save us from.</summary>
    public static List<(long Position, byte[] Payload)> ReadWithoutChecks(ReadOnlySpan<byte> state)
    {
        List<(long, byte[])> found = [];
        long tail = BinaryPrimitives.ReadInt64LittleEndian(state[128..]);
        long position = BinaryPrimitives.ReadInt64LittleEndian(state[256..]);
        while (position < tail)
        {
            int at = (int)(DataOffset + (position & (Capacity - 1)));
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(state[at..]);
            if (length >> 31 != 0)
            {
                long skipped = length & int.MaxValue;
                if (skipped == 0)
                {
                    break;
                }

                position += skipped;
                continue;
            }

            if (length == 0 || length > state.Length - at - HeadBytes)
            {
                break;
            }

            found.Add((position, state.Slice(at + HeadBytes, (int)length).ToArray()));
            position += ((int)length + HeadBytes + 15) & -16;
        }

        return found;
    }

    /// <summary>Whether each of these is an event that was published at its position.</summary>
    public bool AreTrue(List<(long Position, byte[] Payload)> found)
    {
        foreach ((long position, byte[] payload) in found)
        {
            if (!Published.TryGetValue(position, out byte[]? published) || !published.AsSpan().SequenceEqual(payload))
            {
                return false;
            }
        }

        return true;
    }
}
