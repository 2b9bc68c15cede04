using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Threading;

namespace Unkey.Engine.Events;

/// <summary>
/// A ring of events in shared memory, with one producer and one consumer: what was published is there after the process has died.
/// Publishing never waits, allocates, throws or calls the system. When there is no room the event is dropped and counted.
/// </summary>
/// <remarks>
/// <para>
/// The memory is a mapped file. Stores to it belong to the kernel as soon as they are made, so an event survives the death of the process from
/// the moment <see cref="Publish"/> returns; it survives the death of the machine only once the kernel has written the page.
/// </para>
/// <para>
/// A record is <c>length 4 | checksum 4 | position 8 | payload</c>, padded to 16 bytes, and never wraps: what is left before the end is skipped by
/// a record without payload. The payload is written first, then the head of the record, then the tail of the ring; a reader goes up to the tail.
/// After a death of the machine pages may be of different times, so a reader also checks that a record states its own position and its checksum (CRC-32C in two lanes),
/// and treats the first that does not as the end.
/// </para>
/// <para>Positions count bytes since the ring was made and never wrap in practice (2^63).</para>
/// </remarks>
public sealed unsafe class EventRing : IDisposable
{
    /// <summary>Smallest capacity.</summary>
    public const long CapacityMin = 64 * 1024;

    /// <summary>Largest capacity.</summary>
    public const long CapacityMax = 1L << 32;

    private const int RecordHeadBytes = 16;
    private const int RecordAlignment = 16;
    private const uint SkipFlag = 1U << 31;

    private readonly SafeBuffer _memory;
    private readonly EventRingHeader* _header;
    private readonly byte* _data;
    private readonly long _mask;

    // The producer's own: where it writes, and the head as it last saw it.
    private long _tail;
    private long _seenHead;
    private int _reserved;

    private EventRing(SafeBuffer memory, byte* start)
    {
        _memory = memory;
        _header = (EventRingHeader*)start;
        _data = start + EventRingHeader.SizeBytes;
        _mask = _header->Capacity - 1;
        _tail = _header->Tail;
        _seenHead = _header->Head;
    }

    /// <summary>Bytes of data.</summary>
    public long Capacity => _mask + 1;

    /// <summary>Largest payload: an eighth of the ring, so that skipping to its start always makes room.</summary>
    public int PayloadBytesMax => (int)long.Min(Capacity / 8, int.MaxValue) - RecordHeadBytes;

    /// <summary>Tells this life of the ring from every other one.</summary>
    public UInt128 Id => new(_header->IdHigh, _header->IdLow);

    /// <summary>Events that found no room since the ring was made. Any thread.</summary>
    // ORDER: none needed; a count.
    public long Dropped => Volatile.Read(ref _header->Dropped);

    /// <summary>Position after the last published record. Any thread.</summary>
    // ORDER: acquire. Pairs with the release in Publish: the records before it are complete.
    public long Tail => Volatile.Read(ref _header->Tail);

    /// <summary>Position before which the consumer needs nothing. Any thread.</summary>
    // ORDER: acquire. Pairs with the release in Release.
    public long Head => Volatile.Read(ref _header->Head);

    /// <summary>Bytes of memory for a ring.</summary>
    /// <param name="capacity">Bytes of data; a power of two.</param>
    public static long MemoryBytes(long capacity) => EventRingHeader.SizeBytes + capacity;

    /// <summary>Makes an empty ring.</summary>
    /// <param name="memory">Zeroed memory of at least <see cref="MemoryBytes"/>; the ring's from now on.</param>
    /// <param name="capacity">Bytes of data: a power of two, <see cref="CapacityMin"/> to <see cref="CapacityMax"/>.</param>
    public static EventRing Create(SafeBuffer memory, long capacity)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, CapacityMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, CapacityMax);
        if (!BitOperations.IsPow2(capacity) || memory.ByteLength < (ulong)MemoryBytes(capacity))
        {
            throw new ArgumentException("A capacity is a power of two and fits the memory.", nameof(capacity));
        }

        byte* start = null;
        memory.AcquirePointer(ref start);
        Span<ulong> id = stackalloc ulong[2];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(id));
        var header = (EventRingHeader*)start;
        header->Version = EventRingHeader.ExpectedVersion;
        header->Capacity = capacity;
        header->IdLow = id[0];
        header->IdHigh = id[1];

        // ORDER: release. A memory with the magic is a whole ring.
        Volatile.Write(ref header->Magic, EventRingHeader.ExpectedMagic);
        return new EventRing(memory, start);
    }

    /// <summary>Opens what another process left, to read it.</summary>
    /// <param name="memory">The memory; the ring's when the result is not null.</param>
    /// <returns>The ring, or null when the memory holds none of this version.</returns>
    public static EventRing? Open(SafeBuffer memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (memory.ByteLength < EventRingHeader.SizeBytes)
        {
            return null;
        }

        byte* start = null;
        memory.AcquirePointer(ref start);
        var header = (EventRingHeader*)start;
        long capacity = header->Capacity;
        bool isSound = header->Magic == EventRingHeader.ExpectedMagic
            && header->Version == EventRingHeader.ExpectedVersion
            && capacity is >= CapacityMin and <= CapacityMax
            && BitOperations.IsPow2(capacity)
            && memory.ByteLength >= (ulong)MemoryBytes(capacity)
            && header->Head >= 0
            && header->Head <= header->Tail
            && header->Tail - header->Head <= capacity
            && header->Head % RecordAlignment == 0
            && header->Tail % RecordAlignment == 0;
        if (!isSound)
        {
            memory.ReleasePointer();
            return null;
        }

        return new EventRing(memory, start);
    }

    /// <summary>Asks for room. Producer only; followed by <see cref="Publish"/>, or by nothing, which takes it back.</summary>
    /// <param name="bytes">Bytes of payload, 1 or more.</param>
    /// <param name="writer">Writes the payload.</param>
    /// <returns>False when there is no room; the event is then counted as dropped.</returns>
    [HotPath]
    public bool TryReserve(int bytes, out EventWriter writer)
    {
        if (bytes <= 0 || bytes > PayloadBytesMax)
        {
            return Drop(out writer);
        }

        int record = RecordBytes(bytes);
        long beforeEnd = Capacity - (_tail & _mask);
        long needed = record <= beforeEnd ? record : record + beforeEnd;
        if (_tail + needed - _seenHead > Capacity)
        {
            // ORDER: acquire. Pairs with the release in Release: what the consumer still read is not overwritten.
            _seenHead = Volatile.Read(ref _header->Head);
            if (_tail + needed - _seenHead > Capacity)
            {
                return Drop(out writer);
            }
        }

        if (record > beforeEnd)
        {
            // SAFETY: records are multiples of the head's size, so there is room for a head before the end.
            WriteHead(_tail, (uint)beforeEnd | SkipFlag, checksum: 0);
            _tail += beforeEnd;
        }

        _reserved = bytes;
        // SAFETY: the record lies between the tail and the head, and before the end, as was just computed.
        writer = new EventWriter(new Span<byte>(_data + (_tail & _mask) + RecordHeadBytes, bytes));
        return true;
    }

    /// <summary>As <see cref="TryReserve"/>, for events that give way to others: finds room only while the ring is less than half full. Producer only.</summary>
    /// <param name="bytes">Bytes of payload, 1 or more.</param>
    /// <param name="writer">Writes the payload.</param>
    [HotPath]
    public bool TryReserveSpare(int bytes, out EventWriter writer) => _tail - Head < Capacity / 2 ? TryReserve(bytes, out writer) : Drop(out writer);

    /// <summary>Publishes what was written. Producer only, after <see cref="TryReserve"/>.</summary>
    /// <param name="writer">The writer of the reservation; one that has overflowed, or is empty, publishes nothing and is counted as dropped.</param>
    [HotPath]
    public void Publish(in EventWriter writer)
    {
        int length = writer.Written;
        if (writer.Overflowed || length == 0 || length > _reserved)
        {
            Drop(out _);
            return;
        }

        byte* payload = _data + (_tail & _mask) + RecordHeadBytes;
        WriteHead(_tail, (uint)length, Checksum(payload, length, _tail));
        _tail += RecordBytes(length);
        _reserved = 0;

        // ORDER: release. The record is complete before the tail says that it is there; pairs with the acquire in Tail.
        Volatile.Write(ref _header->Tail, _tail);
    }

    /// <summary>Reads the record at a position. Consumer only.</summary>
    /// <param name="position">Position of a record, from <see cref="Head"/> on; becomes the one of the next.</param>
    /// <param name="payload">The payload, a view of the ring until <see cref="Release"/>.</param>
    /// <returns>Whether there was one; see <see cref="IsTornAt"/> for the reason why not.</returns>
    public bool TryRead(ref long position, out ReadOnlySpan<byte> payload)
    {
        // BOUND: each turn skips at least one record head.
        while (position < Tail)
        {
            if (!TryReadHead(position, out uint length, out uint checksum))
            {
                break;
            }

            if ((length & SkipFlag) != 0)
            {
                position += length & ~SkipFlag;
                continue;
            }

            byte* bytes = _data + (position & _mask) + RecordHeadBytes;
            if (Checksum(bytes, (int)length, position) != checksum)
            {
                break;
            }

            payload = new ReadOnlySpan<byte>(bytes, (int)length);
            position += RecordBytes((int)length);
            return true;
        }

        payload = default;
        return false;
    }

    /// <summary>Whether reading stopped before the tail, at a record that is not whole. Only after the machine has died. Consumer only.</summary>
    /// <param name="position">Where reading stopped.</param>
    public bool IsTornAt(long position) => position < Tail;

    /// <summary>Gives room back to the producer. Consumer only.</summary>
    /// <param name="position">Everything before it is safe elsewhere.</param>
    public void Release(long position)
    {
        // ORDER: release. Every read of what is given back comes before it; pairs with the acquire in TryReserve.
        Volatile.Write(ref _header->Head, position);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.ReleasePointer();
        _memory.Dispose();
    }

    /// <summary>Checksum of a record at a position.</summary>
    internal static uint Checksum(byte* bytes, int length, long position)
    {
        // Two lanes: an instruction takes three cycles until its result is there, and another may begin in each of them.
        uint even = BitOperations.Crc32C(uint.MaxValue, (ulong)position);
        uint odd = BitOperations.Crc32C(uint.MaxValue, (ulong)length);
        int i = 0;
        for (; i + (2 * sizeof(ulong)) <= length; i += 2 * sizeof(ulong))
        {
            // SAFETY: reads end at the length, which lies inside the record.
            even = BitOperations.Crc32C(even, Unsafe.ReadUnaligned<ulong>(bytes + i));
            odd = BitOperations.Crc32C(odd, Unsafe.ReadUnaligned<ulong>(bytes + i + sizeof(ulong))); // SAFETY: as above.
        }

        // What is left, at most fifteen bytes, in the first lane: eight, four, two and one of them, as the length's bits say.
        // SAFETY: each step ends at the length or before it.
        if ((length & sizeof(ulong)) != 0)
        {
            even = BitOperations.Crc32C(even, Unsafe.ReadUnaligned<ulong>(bytes + i));
            i += sizeof(ulong);
        }

        if ((length & sizeof(uint)) != 0)
        {
            even = BitOperations.Crc32C(even, Unsafe.ReadUnaligned<uint>(bytes + i)); // SAFETY: as above.
            i += sizeof(uint);
        }

        if ((length & sizeof(ushort)) != 0)
        {
            even = BitOperations.Crc32C(even, Unsafe.ReadUnaligned<ushort>(bytes + i)); // SAFETY: as above.
            i += sizeof(ushort);
        }

        if ((length & 1) != 0)
        {
            even = BitOperations.Crc32C(even, bytes[i]);
        }

        return BitOperations.Crc32C(even, odd);
    }

    private static int RecordBytes(int payload) => (payload + RecordHeadBytes + RecordAlignment - 1) & -RecordAlignment;

    private void WriteHead(long position, uint length, uint checksum)
    {
        byte* head = _data + (position & _mask);
        // SAFETY: positions are multiples of 16, so the head does not cross the end.
        Unsafe.WriteUnaligned(head, length | ((ulong)checksum << 32));
        Unsafe.WriteUnaligned(head + sizeof(ulong), position);
    }

    private bool TryReadHead(long position, out uint length, out uint checksum)
    {
        if ((position & (RecordAlignment - 1)) != 0)
        {
            // Where a reader begins may come from a file; such a place would let the head cross the end of the memory.
            length = 0;
            checksum = 0;
            return false;
        }

        byte* head = _data + (position & _mask);
        // SAFETY: as in WriteHead.
        ulong word = Unsafe.ReadUnaligned<ulong>(head);
        length = (uint)word;
        checksum = (uint)(word >> 32);
        long beforeEnd = Capacity - (position & _mask);
        if (Unsafe.ReadUnaligned<long>(head + sizeof(ulong)) != position)
        {
            return false;
        }

        return (length & SkipFlag) != 0
            ? (length & ~SkipFlag) == beforeEnd
            : length > 0 && length <= PayloadBytesMax && RecordBytes((int)length) <= beforeEnd;
    }

    private bool Drop(out EventWriter writer)
    {
        writer = default;

        // ORDER: none needed; a count with one writer.
        Volatile.Write(ref _header->Dropped, _header->Dropped + 1);
        return false;
    }
}
