using System;
using System.Buffers.Binary;

namespace Unkey.Server.Events.Sqlite.Sums;

/// <summary>Builds what tells one group of events from another. One thread; its memory is used again for each.</summary>
/// <remarks>
/// <code>minute 8, Unix seconds | texts: workspace, then the keys of the source in the order of the roll-ups' primary key</code>
/// Little-endian. A text is its length, seven bits a byte with the lowest first, and its UTF-8. A number among the keys is a text of digits, which SQLite
/// makes a number again.
/// </remarks>
internal sealed class GroupKey
{
    /// <summary>Bytes before the first text.</summary>
    public const int MinuteBytes = sizeof(long);

    private const int LengthBytesMax = 5;
    private const int MsPerMinute = 60_000;
    private const int SecondsPerMinute = 60;

    private byte[] _buffer = new byte[512];
    private int _length;

    /// <summary>The key so far.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>Begins a key.</summary>
    /// <param name="timeMs">Time of the event, Unix milliseconds.</param>
    public GroupKey Start(long timeMs)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_buffer, timeMs / MsPerMinute * SecondsPerMinute);
        _length = MinuteBytes;
        return this;
    }

    /// <summary>Adds a text.</summary>
    public GroupKey Text(ReadOnlySpan<byte> utf8)
    {
        if (_buffer.Length - _length < utf8.Length + LengthBytesMax)
        {
            Array.Resize(ref _buffer, checked((_buffer.Length * 2) + utf8.Length));
        }

        uint rest = (uint)utf8.Length;

        // BOUND: each turn takes seven bits off.
        while (rest > 0x7F)
        {
            _buffer[_length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        _buffer[_length++] = (byte)rest;
        utf8.CopyTo(_buffer.AsSpan(_length));
        _length += utf8.Length;
        return this;
    }

    /// <summary>The start of the minute of a key, Unix seconds.</summary>
    public static long Minute(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64LittleEndian(key);

    /// <summary>Takes the next text off what follows the minute.</summary>
    public static ReadOnlySpan<byte> TakeText(ref ReadOnlySpan<byte> texts)
    {
        int length = 0;
        int at = 0;

        // BOUND: by the bytes of a length.
        for (int shift = 0; ; shift += 7)
        {
            byte next = texts[at++];
            length |= (next & 0x7F) << shift;
            if (next < 0x80)
            {
                break;
            }
        }

        ReadOnlySpan<byte> text = texts.Slice(at, length);
        texts = texts[(at + length)..];
        return text;
    }
}
