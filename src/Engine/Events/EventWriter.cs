using System;
using System.Buffers.Binary;

namespace Unkey.Engine.Events;

/// <summary>Writes the bytes of one event into room that was reserved for it. Little-endian, packed. On the producer's stack.</summary>
/// <remarks>Never throws: what does not fit sets <see cref="Overflowed"/>, and such an event is not published.</remarks>
public ref struct EventWriter
{
    private readonly Span<byte> _room;

    /// <summary>Starts at the beginning of the room.</summary>
    /// <param name="room">Where to write.</param>
    [HotPath]
    public EventWriter(Span<byte> room) => _room = room;

    /// <summary>Bytes written.</summary>
    public int Written { get; private set; }

    /// <summary>Whether something did not fit.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Writes one byte.</summary>
    [HotPath]
    public void Byte(byte value)
    {
        if (Overflowed || _room.Length - Written < 1)
        {
            Overflowed = true;
            return;
        }

        _room[Written++] = value;
    }

    /// <summary>Writes eight bytes.</summary>
    [HotPath]
    public void Number(long value)
    {
        if (Overflowed || _room.Length - Written < sizeof(long))
        {
            Overflowed = true;
            return;
        }

        BinaryPrimitives.WriteInt64LittleEndian(_room[Written..], value);
        Written += sizeof(long);
    }

    /// <summary>Writes a text: its length in two bytes, then the text.</summary>
    /// <param name="utf8">At most 65,535 bytes.</param>
    [HotPath]
    public void Text(ReadOnlySpan<byte> utf8)
    {
        if (Overflowed || utf8.Length > ushort.MaxValue || _room.Length - Written < sizeof(ushort) + utf8.Length)
        {
            Overflowed = true;
            return;
        }

        Span<byte> room = _room[Written..];
        BinaryPrimitives.WriteUInt16LittleEndian(room, (ushort)utf8.Length);
        utf8.CopyTo(room[sizeof(ushort)..]);
        Written += sizeof(ushort) + utf8.Length;
    }
}
