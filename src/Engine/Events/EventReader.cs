using System;
using System.Buffers.Binary;

namespace Unkey.Engine.Events;

/// <summary>Reads what <see cref="EventWriter"/> wrote. Cold; on the reader's stack.</summary>
/// <remarks>Never throws: past the end everything is zero or empty and <see cref="Failed"/> is set.</remarks>
public ref struct EventReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts at the beginning of an event.</summary>
    public EventReader(ReadOnlySpan<byte> payload) => _rest = payload;

    /// <summary>Whether more was asked for than there is.</summary>
    public bool Failed { get; private set; }

    /// <summary>Reads one byte.</summary>
    public byte Byte()
    {
        ReadOnlySpan<byte> bytes = Take(1);
        return bytes.IsEmpty ? (byte)0 : bytes[0];
    }

    /// <summary>Reads eight bytes.</summary>
    public long Number()
    {
        ReadOnlySpan<byte> bytes = Take(sizeof(long));
        return bytes.IsEmpty ? 0 : BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    /// <summary>Reads a text.</summary>
    /// <returns>Its UTF-8, a view of the event.</returns>
    public ReadOnlySpan<byte> Text()
    {
        ReadOnlySpan<byte> length = Take(sizeof(ushort));
        return length.IsEmpty ? default : Take(BinaryPrimitives.ReadUInt16LittleEndian(length));
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_rest.Length < count)
        {
            Failed = true;
            _rest = default;
            return default;
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
