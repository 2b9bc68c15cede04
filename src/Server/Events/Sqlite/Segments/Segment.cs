using System;
using System.Buffers.Binary;
using System.Numerics;

namespace Unkey.Server.Events.Sqlite.Segments;

/// <summary>The bytes of a segment: events of one kind, as one value of the table <c>event_segments</c>.</summary>
/// <remarks>
/// <code>version 1 | events: length 4, payload of a ring's record</code>
/// Little-endian. A row beside it has the checksum, CRC-32C of all bytes. Nothing here trusts what it reads: the disk may be damaged, or the file somebody else's.
/// </remarks>
internal static class Segment
{
    /// <summary>The layout that is written.</summary>
    public const byte Version = 1;

    /// <summary>Bytes before the first event.</summary>
    public const int HeadBytes = 1;

    /// <summary>A segment that has this many bytes takes no more events.</summary>
    public const int BytesMax = 1 << 20;

    /// <summary>The checksum of a segment.</summary>
    public static uint Checksum(ReadOnlySpan<byte> segment)
    {
        uint crc = uint.MaxValue;

        // BOUND: each turn takes eight bytes off.
        while (segment.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(segment));
            segment = segment[sizeof(ulong)..];
        }

        foreach (byte rest in segment)
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return ~crc;
    }

    /// <summary>Whether the bytes are those that were written, in a layout that this version knows.</summary>
    public static bool IsSound(ReadOnlySpan<byte> segment, long checksum) => segment.Length >= HeadBytes && segment[0] == Version && Checksum(segment) == checksum;

    /// <summary>Moves to the next event.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="offset">Where to read; <see cref="HeadBytes"/> at first.</param>
    /// <param name="payload">The event.</param>
    /// <returns>Whether there is one. At a length that is beyond the end there is none, and <paramref name="offset"/> is not at the end.</returns>
    public static bool TryNext(ReadOnlySpan<byte> segment, ref int offset, out ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> rest = segment[offset..];
        if (rest.Length < sizeof(int) || BinaryPrimitives.ReadInt32LittleEndian(rest) is var length && (length < 0 || length > rest.Length - sizeof(int)))
        {
            payload = default;
            return false;
        }

        payload = rest.Slice(sizeof(int), length);
        offset += sizeof(int) + length;
        return true;
    }
}
