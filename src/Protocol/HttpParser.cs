using System;
using System.Buffers;

namespace Unkey.Protocol;

/// <summary>Reads the head of HTTP/1.1 and HTTP/1.0 requests in the strict profile: one meaning, or a refusal. One per
/// reactor, shared by its connections; not thread-safe. Never blocks or throws on what a client sends, and allocates nothing.</summary>
/// <remarks>
/// <para>What is answered for some bytes depends on these bytes only, never on how they were cut into reads or segments:
/// lines are judged in order as they become complete, control bytes and lengths as they come, and the meaning of the
/// fields once the head is complete.</para>
/// <para>A head that lies whole in the first segment is read in one vectorised pass. One that trickles in is scanned as it
/// comes, each byte a constant number of times, and parsed once more when its end is there; one that spans segments is
/// copied once into scratch memory for that.</para>
/// <para>The last head is remembered: when the input begins with the same bytes again, which is what a client with a pool of connections sends
/// as long as its bodies have one length, they mean the same again. The comparison takes the same time wherever the bytes differ, because there
/// are credentials among them.</para>
/// Source: RFC 9112, with the leniencies that it leaves to the recipient not used.
/// </remarks>
public sealed class HttpParser
{
    /// <summary>Longest method in bytes: twice the longest registered one (IANA: UPDATEREDIRECTREF).</summary>
    internal const int MethodBytesMax = 32;

    /// <summary>RFC 9112 2.2: old clients send an extra CRLF after a body. Two are skipped and no more.</summary>
    internal const int EmptyLinesMax = 2;

    /// <summary>Longer heads are not remembered.</summary>
    internal const int RememberedBytesMax = 1024;

    private readonly HttpLimits _limits;
    private readonly byte[] _scratch;
    private readonly byte[] _remembered = new byte[RememberedBytesMax];

    // Above 0 only while Head says what these bytes mean.
    private int _rememberedBytes;
    private int _scratchBytes;

    /// <summary>Makes a parser with its scratch memory.</summary>
    /// <param name="limits">The bounds; must be those that are documented at each of them.</param>
    public HttpParser(HttpLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.RequestLineBytesMax, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.FieldLineBytesMax, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.HeadBytesMax, 128);
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.FieldsMax, 1);
        _limits = limits;
        _scratch = new byte[limits.HeadBytesMax];
        Head = new RequestHead(limits.FieldsMax);
    }

    /// <summary>The head read by the last call that answered <see cref="ParseStatus.Done"/>; undefined after any other answer.</summary>
    public RequestHead Head { get; }

    /// <summary>Reads one request head from the start of the input.</summary>
    /// <param name="input">What the connection has received and not used, from the first byte of the request on. It may be
    /// empty, and may go on beyond the head.</param>
    /// <param name="scan">The progress of this connection; <see langword="default"/> for a new request. Set back to
    /// <see langword="default"/> with <see cref="ParseStatus.Done"/>.</param>
    /// <param name="reason">Why the request is refused; <see cref="RejectReason.None"/> otherwise.</param>
    /// <returns><see cref="ParseStatus.Done"/>: <see cref="Head"/> is filled and its <see cref="RequestHead.ByteCount"/>
    /// bytes are used. <see cref="ParseStatus.NeedMoreData"/>: call again with the same bytes and more behind them.
    /// <see cref="ParseStatus.Rejected"/>: answer <see cref="RejectReasons.StatusCode"/> and close.</returns>
    /// <remarks>O(n) in the bytes of the head over all calls for it.</remarks>
    [HotPath]
    public ParseStatus ParseHead(in ReadOnlySequence<byte> input, ref HeadScan scan, out RejectReason reason)
    {
        if (scan.ScannedBytes == 0)
        {
            ReadOnlyMemory<byte> first = input.First;
            if (TryRepeat(first))
            {
                scan = default;
                reason = RejectReason.None;
                return ParseStatus.Done;
            }

            if (first.Length > _limits.HeadBytesMax)
            {
                first = first[.._limits.HeadBytesMax];
            }

            _rememberedBytes = 0;
            ParseStatus status = ParseWhole(first, out reason);
            if (status != ParseStatus.NeedMoreData)
            {
                if (status == ParseStatus.Done)
                {
                    Remember(first.Span[..Head.ByteCount]);
                }

                scan = default;
                return status;
            }
        }

        _rememberedBytes = 0;
        return ParseTrickled(input, ref scan, out reason);
    }

    /// <summary>Reads a head that begins at the first byte of some memory when it is the one that is remembered.</summary>
    /// <param name="first">What the connection has received and not used, from the first byte of a request on; it may go on beyond the head.</param>
    /// <returns>Whether it is: then <see cref="Head"/> is filled. If not, nothing has changed.</returns>
    [HotPath]
    public bool TryRepeat(ReadOnlyMemory<byte> first)
    {
        int remembered = _rememberedBytes;
        if (remembered == 0 || first.Length < remembered || !FixedTime.Equals(first.Span[..remembered], _remembered.AsSpan(0, remembered)))
        {
            return false;
        }

        Head.Move(first);
        return true;
    }

    /// <summary>Rises with every head that is remembered: what was made of <see cref="Head"/> counts as long as this stays the same.</summary>
    public long RememberedVersion { get; private set; }

    /// <summary>Length of the last head when it is remembered, else 0: where the body of an alike request begins.</summary>
    public int RememberedBytes => _rememberedBytes;

    /// <summary>Clears the copies of what was received; the next head is read from the start.</summary>
    public void Forget()
    {
        _rememberedBytes = 0;
        _remembered.AsSpan().Clear();
        _scratch.AsSpan(0, _scratchBytes).Clear();
        _scratchBytes = 0;
    }

    private void Remember(ReadOnlySpan<byte> head)
    {
        if (head.Length <= RememberedBytesMax)
        {
            head.CopyTo(_remembered);
            _rememberedBytes = head.Length;
            RememberedVersion++;
        }
    }

    /// <summary>Parses a head that begins at the first byte of some memory.</summary>
    private ParseStatus ParseWhole(ReadOnlyMemory<byte> memory, out RejectReason reason)
    {
        Head.Reset(memory);
        LineCursor cursor = default;
        ParseStatus status = ParseLines(memory.Span, ref cursor, out reason);
        if (status != ParseStatus.Done)
        {
            return status;
        }

        Head.ByteCount = cursor.Position;
        Head.FieldCount = cursor.Fields;
        reason = HeadRules.Finish(Head);
        return reason == RejectReason.None ? ParseStatus.Done : ParseStatus.Rejected;
    }

    /// <summary>Goes on with a head that is not whole in the first segment, or was not at the first look at it.</summary>
    private ParseStatus ParseTrickled(in ReadOnlySequence<byte> input, ref HeadScan scan, out RejectReason reason)
    {
        int available = (int)Math.Min(input.Length, _limits.HeadBytesMax);

        // BOUND: every turn but the last one completes a line of two bytes or more.
        while (true)
        {
            int lineStart = scan.Line.Position;
            int lineBytesMax = scan.Line.InFields ? _limits.FieldLineBytesMax : _limits.RequestLineBytesMax;
            int end = FindLineBreaking(input, scan.ScannedBytes, available);
            scan.ScannedBytes = end;
            if (end == available && end - lineStart <= lineBytesMax)
            {
                return NeedMoreData(available, out reason);
            }

            // The line with its CRLF, or as much of it as proves that it is too long.
            int length = (int)Math.Min(Math.Min(available, end + 2L) - lineStart, lineBytesMax + 2L);
            LineCursor cursor = scan.Line;
            cursor.Position = 0;
            ParseStatus status = ParseLines(Contiguous(input, lineStart, length).Span, ref cursor, out reason);
            if (status == ParseStatus.Done)
            {
                int headLength = lineStart + cursor.Position;
                scan = default;
                return ParseWhole(Contiguous(input, 0, headLength), out reason);
            }

            if (status == ParseStatus.Rejected)
            {
                return status;
            }

            if (cursor.Position == 0)
            {
                // The last byte is a CR: what it is shows with the next byte.
                return NeedMoreData(available, out reason);
            }

            cursor.Position += lineStart;
            scan.Line = cursor;
            scan.ScannedBytes = cursor.Position;
        }
    }

    private ParseStatus NeedMoreData(int available, out RejectReason reason)
    {
        if (available < _limits.HeadBytesMax)
        {
            reason = RejectReason.None;
            return ParseStatus.NeedMoreData;
        }

        reason = RejectReason.HeadTooLong;
        return ParseStatus.Rejected;
    }

    /// <summary>Reads lines until the empty one, the end of the bytes, or a fault. The cursor moves behind complete lines only.</summary>
    private ParseStatus ParseLines(ReadOnlySpan<byte> bytes, ref LineCursor cursor, out RejectReason reason)
    {
        if (!cursor.InFields)
        {
            ParseStatus status = ParseRequestLine(bytes, ref cursor, out reason);
            if (status != ParseStatus.Done)
            {
                return status;
            }
        }

        return ParseFields(bytes, ref cursor, out reason);
    }

    private ParseStatus ParseRequestLine(ReadOnlySpan<byte> bytes, ref LineCursor cursor, out RejectReason reason)
    {
        int position = cursor.Position;

        // BOUND: EmptyLinesMax turns.
        while ((uint)position < (uint)bytes.Length && bytes[position] == (byte)'\r')
        {
            if (position + 1 == bytes.Length)
            {
                reason = RejectReason.None;
                return ParseStatus.NeedMoreData;
            }

            reason = bytes[position + 1] != (byte)'\n' ? RejectReason.BareCarriageReturn
                : cursor.EmptyLines == EmptyLinesMax ? RejectReason.TooManyEmptyLines
                : RejectReason.None;
            if (reason != RejectReason.None)
            {
                return ParseStatus.Rejected;
            }

            position += 2;
            cursor.EmptyLines++;
            cursor.Position = position;
        }

        ReadOnlySpan<byte> line = bytes[position..];
        int methodLength = RequestLine.MethodLength(line, out HttpMethod method);
        if (methodLength > 0)
        {
            ReadOnlySpan<byte> rest = line[(methodLength + 1)..];
            int targetLength = rest.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E);
            if (targetLength > 0 && rest[targetLength] == (byte)' ')
            {
                ReadOnlySpan<byte> version = rest[(targetLength + 1)..];
                bool isHttp11 = version.StartsWith("HTTP/1.1\r\n"u8);
                int lineLength = methodLength + targetLength + 10;
                if ((isHttp11 || version.StartsWith("HTTP/1.0\r\n"u8)) && lineLength <= _limits.RequestLineBytesMax)
                {
                    if (!RequestTarget.TryParse(method, rest[..targetLength], out TargetParts parts))
                    {
                        reason = RejectReason.InvalidTarget;
                        return ParseStatus.Rejected;
                    }

                    Head.SetRequestLine(method, position, methodLength, targetLength, isHttp11, parts);
                    cursor.Position = position + lineLength + 2;
                    cursor.InFields = true;
                    reason = RejectReason.None;
                    return ParseStatus.Done;
                }
            }
        }

        return RequestLine.Judge(line, _limits.RequestLineBytesMax, out reason);
    }

    private ParseStatus ParseFields(ReadOnlySpan<byte> bytes, ref LineCursor cursor, out RejectReason reason)
    {
        FieldRange[] fields = Head.Fields;
        int count = cursor.Fields;
        int position = cursor.Position;
        RejectReason fault;
        while (true)
        {
            ReadOnlySpan<byte> line = bytes[position..];
            int end = ByteScan.IndexOfLineBreaking(line, out int nameLength);
            fault = RejectReason.None;
            if ((uint)end > (uint)_limits.FieldLineBytesMax || line.Length - end < 2
                || line[end] != (byte)'\r' || line[end + 1] != (byte)'\n')
            {
                break;
            }

            if (end == 0)
            {
                cursor.Position = position + 2;
                cursor.Fields = count;
                reason = RejectReason.None;
                return ParseStatus.Done;
            }

            if (nameLength < 0)
            {
                nameLength = line[..end].IndexOf((byte)':');
            }

            if (nameLength <= 0 || nameLength >= end)
            {
                fault = FieldLine.NameFault(line);
                break;
            }

            int start = nameLength + 1;
            while (start < end && Ascii.IsBlank(line[start]))
            {
                start++;
            }

            int valueEnd = end;
            while (valueEnd > start && Ascii.IsBlank(line[valueEnd - 1]))
            {
                valueEnd--;
            }

            // A name that is recognised needs no other proof that it is a token.
            ReadOnlySpan<byte> name = line[..nameLength];
            if (!FieldLine.TryNote(name, line[start..valueEnd], count + 1, ref Head.Known) && name.ContainsAnyExcept(Ascii.Token))
            {
                fault = FieldLine.NameFault(line);
                break;
            }

            if (count == fields.Length)
            {
                fault = RejectReason.TooManyFields;
                break;
            }

            fields[count++] = new FieldRange(position, nameLength, position + start, valueEnd - start);
            position += end + 2;
            cursor.Position = position;
            cursor.Fields = count;
        }

        return FieldLine.Judge(bytes[position..], _limits.FieldLineBytesMax, fault, out reason);
    }

    /// <summary>The first byte at or after an offset that ends or breaks a line, or <paramref name="available"/>.</summary>
    private static int FindLineBreaking(in ReadOnlySequence<byte> input, int offset, int available)
    {
        if (offset >= available)
        {
            return available;
        }

        int position = offset;
        foreach (ReadOnlyMemory<byte> segment in input.Slice(offset, available - offset))
        {
            int found = ByteScan.IndexOfLineBreaking(segment.Span, out _);
            if (found >= 0)
            {
                return position + found;
            }

            position += segment.Length;
        }

        return available;
    }

    /// <summary>A part of the input in one piece: in place when it lies in one segment, otherwise in the scratch memory.</summary>
    private ReadOnlyMemory<byte> Contiguous(in ReadOnlySequence<byte> input, int offset, int length)
    {
        ReadOnlySequence<byte> part = input.Slice(offset, length);
        if (part.IsSingleSegment)
        {
            return part.First;
        }

        part.CopyTo(_scratch);
        _scratchBytes = Math.Max(_scratchBytes, length);
        return new ReadOnlyMemory<byte>(_scratch, 0, length);
    }
}
