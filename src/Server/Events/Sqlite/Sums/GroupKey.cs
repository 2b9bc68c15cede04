using System;
using System.Buffers.Binary;

namespace Unkey.Server.Events.Sqlite.Sums;

/// <summary>Builds what tells one group of events from another. One thread; its memory is used again for each.</summary>
/// <remarks>
/// <code>texts: workspace, then the keys of the source in the order of the roll-ups' primary key | minute 8, Unix seconds, big-endian</code>
/// A text is its length, seven bits a byte with the lowest first, and its UTF-8. A number among the keys is a text of digits, which SQLite
/// makes a number again. In the order of their bytes, groups that differ by the minute alone follow each other.
/// </remarks>
internal sealed class GroupKey
{
    private const int MinuteBytes = sizeof(long);

    private const int LengthBytesMax = 5;
    private const int MsPerMinute = 60_000;
    private const int SecondsPerMinute = 60;

    private byte[] _buffer = new byte[512];
    private int _length;
    private long _minute;

    /// <summary>The key so far.</summary>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            // There is room: see Text.
            BinaryPrimitives.WriteInt64BigEndian(_buffer.AsSpan(_length), _minute);
            return _buffer.AsSpan(0, _length + MinuteBytes);
        }
    }

    /// <summary>Begins a key.</summary>
    /// <param name="timeMs">Time of the event, Unix milliseconds.</param>
    public GroupKey Start(long timeMs)
    {
        _minute = timeMs / MsPerMinute * SecondsPerMinute;
        _length = 0;
        return this;
    }

    /// <summary>Adds a text.</summary>
    public GroupKey Text(ReadOnlySpan<byte> utf8)
    {
        if (_buffer.Length - _length < utf8.Length + LengthBytesMax + MinuteBytes)
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
    public static long Minute(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64BigEndian(key[^MinuteBytes..]);

    /// <summary>The texts of a key.</summary>
    public static ReadOnlySpan<byte> Texts(ReadOnlySpan<byte> key) => key[..^MinuteBytes];

    /// <summary>Takes the next of the texts off.</summary>
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
