using System;
using System.Buffers.Text;

namespace Unkey.Load;

/// <summary>Writes commands for Redis: an array of bulk strings each.</summary>
internal static class RespWriter
{
    private const int FramingBytesMax = 64;

    /// <summary>The most bytes a command with a key and a value of these sizes can have.</summary>
    internal static int BytesMax(int keyBytes, int valueBytes) => FramingBytesMax + keyBytes + valueBytes;

    /// <summary>Writes a command with its key, and with its value unless that is empty, and returns the length.</summary>
    internal static int WriteCommand(Span<byte> destination, ReadOnlySpan<byte> command, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        (value.IsEmpty ? "*2\r\n"u8 : "*3\r\n"u8).CopyTo(destination);
        int at = 4;
        at += WriteBulk(destination[at..], command);
        at += WriteBulk(destination[at..], key);
        return value.IsEmpty ? at : at + WriteBulk(destination[at..], value);
    }

    private static int WriteBulk(Span<byte> destination, ReadOnlySpan<byte> bytes)
    {
        destination[0] = (byte)'$';
        Utf8Formatter.TryFormat(bytes.Length, destination[1..], out int digits);
        int at = 1 + digits;
        "\r\n"u8.CopyTo(destination[at..]);
        bytes.CopyTo(destination[(at + 2)..]);
        at += 2 + bytes.Length;
        "\r\n"u8.CopyTo(destination[at..]);
        return at + 2;
    }
}
