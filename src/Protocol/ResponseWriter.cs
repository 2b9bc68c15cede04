using System;
using System.Diagnostics;

namespace Unkey.Protocol;

/// <summary>Writes one HTTP/1.1 response into a buffer of the caller. One thread, one response; never allocates, blocks or
/// throws.</summary>
/// <remarks>
/// <para>Order: <see cref="WriteHead(int, ReadOnlySpan{byte}, ReadOnlySpan{byte}, ConnectionOption)"/> (or <see cref="BeginHead"/>, fields, <see cref="EndHead"/>), the body, <see cref="Complete"/>.
/// Content-Length is written with a fixed width and filled in at the end; the width is made up with leading spaces, which
/// RFC 9112 5 allows around a field value, so that the body never moves.</para>
/// <para>When the buffer is too short, <see cref="Overflowed"/> becomes true, nothing more is written, and the caller starts
/// again with a longer one.</para>
/// </remarks>
/// <param name="destination">Where the response goes, from its first byte.</param>
public ref struct ResponseWriter(Span<byte> destination)
{
    /// <summary>Digits that the Content-Length field has room for.</summary>
    private const int LengthDigits = 10;

    private readonly Span<byte> _destination = destination;
    private int _lengthOffset;
    private int _bodyOffset;

    /// <summary>The interim answer to <c>Expect: 100-continue</c>, whole.</summary>
    public static ReadOnlySpan<byte> Continue100 => "HTTP/1.1 100 Continue\r\n\r\n"u8;

    /// <summary>The media type of every JSON answer: without a charset, as the contract has it.</summary>
    public static ReadOnlySpan<byte> ApplicationJson => "application/json"u8;

    /// <summary>Bytes of the response so far. Meaningless after an overflow.</summary>
    public int Written { get; private set; }

    /// <summary>Whether something did not fit. Never becomes false again.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Writes a whole head.</summary>
    /// <param name="status">Status code; one without a known text is written with an empty one.</param>
    /// <param name="contentType">Media type of the body; empty for no Content-Type field.</param>
    /// <param name="date">The date as <see cref="HttpDate"/> writes it; whole fields may follow, each behind a line end.</param>
    /// <param name="option">What to say of the connection.</param>
    [HotPath]
    public void WriteHead(int status, scoped ReadOnlySpan<byte> contentType, scoped ReadOnlySpan<byte> date, ConnectionOption option)
    {
        BeginHead(status, contentType, date, option);
        EndHead();
    }

    /// <summary>Writes a head that was written before: one copy instead of its parts.</summary>
    /// <param name="head">All that <see cref="WriteHead(int, ReadOnlySpan{byte}, ReadOnlySpan{byte}, ConnectionOption)"/> wrote with <see cref="ConnectionOption.None"/>.</param>
    [HotPath]
    public void WriteHead(scoped ReadOnlySpan<byte> head)
    {
        const int LineEnds = 4;
        Write(head);
        _bodyOffset = Written;
        _lengthOffset = Written - LineEnds - LengthDigits;
    }

    /// <summary>Writes a head but for its end; see <see cref="WriteHead(int, ReadOnlySpan{byte}, ReadOnlySpan{byte}, ConnectionOption)"/>. Fields may follow, then <see cref="EndHead"/>.</summary>
    /// <param name="status">Status code.</param>
    /// <param name="contentType">Media type of the body; empty for no Content-Type field.</param>
    /// <param name="date">As for <see cref="WriteHead(int, ReadOnlySpan{byte}, ReadOnlySpan{byte}, ConnectionOption)"/>.</param>
    /// <param name="option">What to say of the connection.</param>
    [HotPath]
    public void BeginHead(int status, scoped ReadOnlySpan<byte> contentType, scoped ReadOnlySpan<byte> date, ConnectionOption option)
    {
        ReadOnlySpan<byte> statusLine = StatusLines.Get(status);
        if (statusLine.IsEmpty)
        {
            Write("HTTP/1.1 "u8);
            WriteInt64(status);
            Write(" \r\n"u8);
        }
        else
        {
            Write(statusLine);
        }

        Write("Date: "u8);
        Write(date);
        if (!contentType.IsEmpty)
        {
            Write("\r\nContent-Type: "u8);
            Write(contentType);
        }

        Write("\r\nContent-Length:           \r\n"u8);
        _lengthOffset = Written - 2 - LengthDigits;
        if (option != ConnectionOption.None)
        {
            Write(option == ConnectionOption.Close ? "Connection: close\r\n"u8 : "Connection: keep-alive\r\n"u8);
        }
    }

    /// <summary>Writes one more field into an open head.</summary>
    /// <param name="name">A constant: never bytes of a request.</param>
    /// <param name="value">A constant, an id of our own, or a text that has been checked to be printable ASCII.</param>
    [HotPath]
    public void WriteField(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        Debug.Assert(!name.ContainsAnyExcept(Ascii.Token) && !value.ContainsAny(Ascii.LineBreaking), "Response splitting.");
        Write(name);
        Write(": "u8);
        Write(value);
        Write("\r\n"u8);
    }

    /// <summary>Writes one more field with a number into an open head.</summary>
    /// <param name="name">A constant: never bytes of a request.</param>
    /// <param name="value">Any number.</param>
    [HotPath]
    public void WriteField(scoped ReadOnlySpan<byte> name, long value)
    {
        Write(name);
        Write(": "u8);
        WriteInt64(value);
        Write("\r\n"u8);
    }

    /// <summary>Ends the head; what is written from here on is the body.</summary>
    [HotPath]
    public void EndHead()
    {
        Write("\r\n"u8);
        _bodyOffset = Written;
    }

    /// <summary>Fills in Content-Length. The last call for a response.</summary>
    /// <param name="omitBody">For HEAD: the head says how long the body would be, and the body is taken back.</param>
    [HotPath]
    public void Complete(bool omitBody = false)
    {
        if (Overflowed)
        {
            return;
        }

        int length = Written - _bodyOffset;

        // BOUND: an int has ten digits.
        int position = _lengthOffset + LengthDigits;
        do
        {
            _destination[--position] = (byte)('0' + (length % 10));
            length /= 10;
        }
        while (length > 0);

        if (omitBody)
        {
            Written = _bodyOffset;
        }
    }

    /// <summary>Writes bytes as they are.</summary>
    /// <param name="bytes">Any bytes.</param>
    [HotPath]
    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        if (!Overflowed && bytes.TryCopyTo(_destination[Written..]))
        {
            Written += bytes.Length;
        }
        else
        {
            Overflowed = true;
        }
    }

    /// <summary>Writes one byte.</summary>
    /// <param name="value">Any byte.</param>
    [HotPath]
    public void WriteByte(byte value)
    {
        if (!Overflowed && (uint)Written < (uint)_destination.Length)
        {
            _destination[Written++] = value;
        }
        else
        {
            Overflowed = true;
        }
    }

    /// <summary>Writes a number in decimal.</summary>
    /// <param name="value">Any number.</param>
    [HotPath]
    public void WriteInt64(long value)
    {
        if (!Overflowed && Ascii.TryWrite(_destination[Written..], value, out int written))
        {
            Written += written;
        }
        else
        {
            Overflowed = true;
        }
    }

    /// <summary>Writes <c>true</c> or <c>false</c>.</summary>
    /// <param name="value">The value.</param>
    [HotPath]
    public void WriteBoolean(bool value) => Write(value ? "true"u8 : "false"u8);

    /// <summary>Writes a JSON string with its quotes, escaping what RFC 8259 7 wants escaped.</summary>
    /// <param name="utf8">Valid UTF-8; it is not checked again.</param>
    [HotPath]
    public void WriteJsonString(scoped ReadOnlySpan<byte> utf8)
    {
        WriteByte((byte)'"');

        // BOUND: each turn consumes one byte or more.
        while (true)
        {
            int plain = ByteScan.IndexOfStringBreaking(utf8);
            if (plain < 0)
            {
                break;
            }

            Write(utf8[..plain]);
            WriteEscape(utf8[plain]);
            utf8 = utf8[(plain + 1)..];
        }

        Write(utf8);
        WriteByte((byte)'"');
    }

    private void WriteEscape(byte value)
    {
        switch (value)
        {
            case (byte)'"':
                Write("\\\""u8);
                break;
            case (byte)'\\':
                Write("\\\\"u8);
                break;
            case (byte)'\n':
                Write("\\n"u8);
                break;
            case (byte)'\r':
                Write("\\r"u8);
                break;
            case (byte)'\t':
                Write("\\t"u8);
                break;
            default:
                Write("\\u00"u8);
                WriteByte("0123456789abcdef"u8[value >> 4]);
                WriteByte("0123456789abcdef"u8[value & 15]);
                break;
        }
    }
}
