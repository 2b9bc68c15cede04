using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Unkey.Engine.Events;

/// <summary>Writes the bytes of one event into room that was reserved for it. Little-endian, packed. On the producer's stack.</summary>
/// <remarks>Never throws: what does not fit sets <see cref="Overflowed"/>, and such an event is not published.</remarks>
public ref struct EventWriter
{
    private readonly Span<byte> _room;
    private int _written;

    /// <summary>Starts at the beginning of the room.</summary>
    /// <param name="room">Where to write.</param>
    [HotPath]
    public EventWriter(Span<byte> room) => _room = room;

    /// <summary>Bytes written; 0 once something did not fit.</summary>
    public readonly int Written => Overflowed ? 0 : _written;

    /// <summary>Whether something did not fit.</summary>
    public readonly bool Overflowed => _written > _room.Length;

    /// <summary>Writes one byte.</summary>
    [HotPath]
    public void Byte(byte value)
    {
        int at = _written;
        if ((uint)at < (uint)_room.Length)
        {
            _room[at] = value;
            _written = at + 1;
            return;
        }

        Overflow();
    }

    /// <summary>Writes three bytes and three numbers, with one look at the room.</summary>
    [HotPath]
    public void Head(byte first, byte second, byte third, long fourth, long fifth, long sixth)
    {
        const int Bytes = 3;
        int at = _written;
        if (_room.Length - at >= Bytes + (3 * sizeof(long)))
        {
            Span<byte> room = _room.Slice(at, Bytes + (3 * sizeof(long)));
            room[0] = first;
            room[1] = second;
            room[2] = third;
            BinaryPrimitives.WriteInt64LittleEndian(room[Bytes..], fourth);
            BinaryPrimitives.WriteInt64LittleEndian(room[(Bytes + sizeof(long))..], fifth);
            BinaryPrimitives.WriteInt64LittleEndian(room[(Bytes + (2 * sizeof(long)))..], sixth);
            _written = at + Bytes + (3 * sizeof(long));
            return;
        }

        Overflow();
    }

    /// <summary>Writes eight bytes.</summary>
    [HotPath]
    public void Number(long value)
    {
        int at = _written;
        if (_room.Length - at >= sizeof(long))
        {
            BinaryPrimitives.WriteInt64LittleEndian(_room[at..], value);
            _written = at + sizeof(long);
            return;
        }

        Overflow();
    }

    /// <summary>Writes a text: its length in two bytes, then the text.</summary>
    /// <param name="utf8">At most 65,535 bytes.</param>
    [HotPath]
    public void Text(ReadOnlySpan<byte> utf8)
    {
        int at = _written;
        if (_room.Length - at >= sizeof(ushort) + utf8.Length && utf8.Length <= ushort.MaxValue)
        {
            // SAFETY: the room from here on holds the length and the text, as was just checked.
            ref byte room = ref Unsafe.Add(ref MemoryMarshal.GetReference(_room), at);
            Unsafe.WriteUnaligned(ref room, BitConverter.IsLittleEndian ? (ushort)utf8.Length : BinaryPrimitives.ReverseEndianness((ushort)utf8.Length));
            Copy(utf8, ref Unsafe.Add(ref room, sizeof(ushort)));
            _written = at + sizeof(ushort) + utf8.Length;
            return;
        }

        Overflow();
    }

    // Most texts are ids of 12 or 13 bytes: two overlapping words instead of a call.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(ReadOnlySpan<byte> text, ref byte destination)
    {
        ref byte source = ref MemoryMarshal.GetReference(text); // SAFETY: read below only within the text's length.
        if ((uint)(text.Length - sizeof(ulong)) <= sizeof(ulong))
        {
            int last = text.Length - sizeof(ulong);

            // SAFETY: 8 to 16 bytes are covered by the first eight and the last eight.
            ulong start = Unsafe.ReadUnaligned<ulong>(ref source);
            ulong end = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, last)); // SAFETY: as above.
            Unsafe.WriteUnaligned(ref destination, start); // SAFETY: as above.
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref destination, last), end); // SAFETY: as above.
            return;
        }

        // SAFETY: the caller checked the room.
        Unsafe.CopyBlockUnaligned(ref destination, ref source, (uint)text.Length);
    }

    // Past the room, so that nothing fits any more.
    private void Overflow() => _written = int.MaxValue;
}
