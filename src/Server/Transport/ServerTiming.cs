using System;
using System.Buffers.Text;
using Unkey.Protocol;

namespace Unkey.Server.Transport;

/// <summary>The field <c>Server-Timing</c> (W3C): how long the server had the request until its answer was begun. One reactor thread; allocates once.</summary>
/// <remarks>It stands behind the date, because every head has one: so no answer is without it. Waiting for a body and for the disk (<c>--durability strict</c>) is not in it.</remarks>
internal sealed class ServerTiming(TimeProvider time)
{
    // The longest number is 2^63 ns in ms with three decimals: 17 characters.
    private const int NumberBytes = 24;

    private readonly byte[] _text = [.. new byte[HttpDate.ByteCount], .. Name, .. new byte[NumberBytes]];
    private readonly double _microsecondsPerTick = 1_000_000.0 / time.TimestampFrequency;

    private static ReadOnlySpan<byte> Name => "\r\nServer-Timing: total;dur="u8;

    /// <summary>The date and the field behind it; the line end of the last is the writer's.</summary>
    /// <param name="date">29 bytes.</param>
    /// <param name="startTimestamp">When the request began to be handled.</param>
    /// <returns>Valid until the next call.</returns>
    [HotPath]
    internal ReadOnlySpan<byte> Behind(ReadOnlySpan<byte> date, long startTimestamp)
    {
        Span<byte> text = _text;
        date.CopyTo(text);
        long microseconds = (long)(Math.Max(time.GetTimestamp() - startTimestamp, 0) * _microsecondsPerTick);
        int end = HttpDate.ByteCount + Name.Length;
        Utf8Formatter.TryFormat(microseconds / 1000, text[end..], out int written);
        end += written;
        int thousandths = (int)(microseconds % 1000);
        text[end] = (byte)'.';
        text[end + 1] = (byte)('0' + (thousandths / 100));
        text[end + 2] = (byte)('0' + (thousandths / 10 % 10));
        text[end + 3] = (byte)('0' + (thousandths % 10));
        return text[..(end + 4)];
    }
}
