using System;
using System.Buffers;

namespace Unkey.Protocol;

/// <summary>Decodes one chunked body (RFC 9112 7.1), resumable at any byte. One per connection; <see langword="default"/> is the
/// start of a body. Not thread-safe; never blocks or throws on what a client sends.</summary>
/// <remarks>
/// <para>Everything that is skipped is parsed as strictly as what is used: skipping to the next line end in a chunk extension
/// was CVE-2025-55315. Extensions and trailers are checked, bounded and dropped; no trailer ever becomes a field.</para>
/// <para>Framing is read byte by byte through a state machine, data is copied in runs. All bytes given are consumed at once,
/// so a trickling body costs each byte once.</para>
/// </remarks>
public struct ChunkedDecoder
{
    /// <summary>Eight hexadecimal digits hold 4 GiB; more of them are an attempt to overflow.</summary>
    private const int SizeDigitsMax = 8;

    private State _state;

    /// <summary>Why the body was refused; said again by every later call.</summary>
    private RejectReason _fault;
    private int _sizeDigits;

    /// <summary>Bytes of the current chunk line or trailer line so far.</summary>
    private int _lineBytes;

    /// <summary>Bytes of the current chunk that are to come.</summary>
    private long _chunkBytes;
    private long _bodyBytes;

    /// <summary>Bytes of framing so far.</summary>
    private long _overheadBytes;
    private int _trailerBytes;
    private int _trailerCount;

    private enum State : byte
    {
        Size,
        SizeLineFeed,

        // Between the parts of an extension; the blanks that RFC 9112 7.1.1 calls bad white space must be accepted there.
        ExtensionStart,
        ExtensionName,
        AfterExtensionName,
        ExtensionValueStart,
        ExtensionToken,
        ExtensionQuoted,
        ExtensionEscape,
        AfterExtensionQuoted,
        AfterExtensionValue,
        Data,
        DataCarriageReturn,
        DataLineFeed,
        TrailerStart,
        TrailerName,
        TrailerValue,
        TrailerLineFeed,
        EndLineFeed,
        Done,
        Failed,
    }

    /// <summary>Bytes of data decoded so far.</summary>
    public readonly long BodyBytes => _bodyBytes;

    /// <summary>Decodes what has come.</summary>
    /// <param name="input">The bytes behind the head, or behind what the last call consumed.</param>
    /// <param name="body">Where the data goes. Never gets more than <see cref="HttpLimits.BodyBytesMax"/> bytes over all calls.</param>
    /// <param name="limits">The bounds, the same ones in each call for a body.</param>
    /// <param name="consumed">How far the input is used: the end of it, or the first byte behind the body.</param>
    /// <param name="reason">Why the body is refused; <see cref="RejectReason.None"/> otherwise.</param>
    /// <returns><see cref="ParseStatus.Done"/> when the last byte of the body has been consumed.</returns>
    /// <remarks>O(n). Allocates nothing itself; <paramref name="body"/> may.</remarks>
    [HotPath]
    public ParseStatus Decode(
        in ReadOnlySequence<byte> input,
        IBufferWriter<byte> body,
        HttpLimits limits,
        out SequencePosition consumed,
        out RejectReason reason)
    {
        SequencePosition next = input.Start;
        consumed = input.Start;
        if (_state is State.Done or State.Failed)
        {
            reason = _fault;
            return _state == State.Done ? ParseStatus.Done : ParseStatus.Rejected;
        }

        reason = RejectReason.None;

        // BOUND: each turn consumes one segment.
        while (input.TryGet(ref next, out ReadOnlyMemory<byte> segment))
        {
            int used = DecodeSegment(segment.Span, body, limits, out reason);
            if (_state is State.Done or State.Failed)
            {
                consumed = input.GetPosition(used, consumed);
                return _state == State.Done ? ParseStatus.Done : ParseStatus.Rejected;
            }

            consumed = input.GetPosition(segment.Length, consumed);
        }

        consumed = input.End;
        return ParseStatus.NeedMoreData;
    }

    /// <summary>Decodes one segment and returns the bytes used of it.</summary>
    private int DecodeSegment(ReadOnlySpan<byte> bytes, IBufferWriter<byte> body, HttpLimits limits, out RejectReason reason)
    {
        int position = 0;
        reason = RejectReason.None;

        // BOUND: each turn consumes one byte or more, and stops at the end of the body.
        while (position < bytes.Length)
        {
            if (_state == State.Data)
            {
                position += CopyData(bytes[position..], body);
                continue;
            }

            reason = Step(bytes[position], limits);
            if (reason == RejectReason.None)
            {
                reason = CountOverhead(limits);
            }

            if (reason != RejectReason.None)
            {
                _state = State.Failed;
                _fault = reason;
                return position;
            }

            position++;
            if (_state == State.Done)
            {
                break;
            }
        }

        return position;
    }

    private int CopyData(ReadOnlySpan<byte> bytes, IBufferWriter<byte> body)
    {
        int length = (int)Math.Min(bytes.Length, _chunkBytes);
        body.Write(bytes[..length]);
        _chunkBytes -= length;
        _bodyBytes += length;
        if (_chunkBytes == 0)
        {
            _state = State.DataCarriageReturn;
        }

        return length;
    }

    private RejectReason CountOverhead(HttpLimits limits)
    {
        _overheadBytes++;
        return _overheadBytes - _bodyBytes > limits.ChunkOverheadBytesMax ? RejectReason.ChunkOverheadTooLarge : RejectReason.None;
    }

    private RejectReason Step(byte value, HttpLimits limits) =>
        _state >= State.TrailerStart ? StepTrailer(value, limits) : StepChunk(value, limits);

    private RejectReason StepChunk(byte value, HttpLimits limits)
    {
        switch (_state)
        {
            case State.Size:
                return StepSize(value);
            case State.SizeLineFeed:
                return value == (byte)'\n' ? BeginChunk(limits) : RejectReason.BareCarriageReturn;
            case State.DataCarriageReturn:
                return Expect(value, (byte)'\r', State.DataLineFeed);
            case State.DataLineFeed:
                return Expect(value, (byte)'\n', State.Size);
            default:
                return value != (byte)'\r' && ++_lineBytes > limits.FieldLineBytesMax
                    ? RejectReason.ChunkOverheadTooLarge
                    : StepExtension(value);
        }
    }

    private RejectReason StepSize(byte value)
    {
        int digit = Ascii.HexValue(value);
        if (digit >= 0)
        {
            if (_sizeDigits == SizeDigitsMax)
            {
                return RejectReason.InvalidChunkSize;
            }

            _sizeDigits++;
            _chunkBytes = (_chunkBytes << 4) | (uint)digit;
            return RejectReason.None;
        }

        if (_sizeDigits == 0 || value is not ((byte)';' or (byte)'\r'))
        {
            return value == (byte)'\n' ? RejectReason.BareLineFeed : RejectReason.InvalidChunkSize;
        }

        _lineBytes = _sizeDigits + 1;
        _state = value == (byte)';' ? State.ExtensionStart : State.SizeLineFeed;
        return RejectReason.None;
    }

    /// <summary>RFC 9112 7.1.1: <c>*( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )</c>.</summary>
    private RejectReason StepExtension(byte value)
    {
        bool isToken = Ascii.Token.Contains(value);
        bool isBlank = Ascii.IsBlank(value);
        State next = _state switch
        {
            State.ExtensionStart when isBlank => State.ExtensionStart,
            State.ExtensionStart when isToken => State.ExtensionName,
            State.ExtensionName when isToken => State.ExtensionName,
            State.ExtensionName or State.AfterExtensionName when isBlank => State.AfterExtensionName,
            State.ExtensionName or State.AfterExtensionName when value == (byte)'=' => State.ExtensionValueStart,
            State.ExtensionName or State.AfterExtensionName when value == (byte)';' => State.ExtensionStart,
            State.ExtensionValueStart when isBlank => State.ExtensionValueStart,
            State.ExtensionValueStart when value == (byte)'"' => State.ExtensionQuoted,
            State.ExtensionValueStart when isToken => State.ExtensionToken,
            State.ExtensionToken when isToken => State.ExtensionToken,
            State.ExtensionQuoted when value == (byte)'"' => State.AfterExtensionQuoted,
            State.ExtensionQuoted when value == (byte)'\\' => State.ExtensionEscape,
            State.ExtensionQuoted or State.ExtensionEscape when !Ascii.LineBreaking.Contains(value) => State.ExtensionQuoted,
            State.ExtensionToken or State.AfterExtensionQuoted or State.AfterExtensionValue when isBlank => State.AfterExtensionValue,
            State.ExtensionToken or State.AfterExtensionQuoted or State.AfterExtensionValue when value == (byte)';' => State.ExtensionStart,

            // White space before the line end is in no grammar.
            State.ExtensionName or State.ExtensionToken or State.AfterExtensionQuoted when value == (byte)'\r' => State.SizeLineFeed,
            _ => State.Failed,
        };
        _state = next;
        return next != State.Failed ? RejectReason.None
            : value == (byte)'\n' ? RejectReason.BareLineFeed
            : RejectReason.InvalidChunkExtension;
    }

    private RejectReason BeginChunk(HttpLimits limits)
    {
        _sizeDigits = 0;
        if (_chunkBytes == 0)
        {
            _lineBytes = 0;
            _state = State.TrailerStart;
            return RejectReason.None;
        }

        _state = State.Data;
        return limits.BodyBytesMax > 0 && _chunkBytes > limits.BodyBytesMax - _bodyBytes ? RejectReason.BodyTooLarge : RejectReason.None;
    }

    private RejectReason StepTrailer(byte value, HttpLimits limits)
    {
        if (++_trailerBytes > limits.HeadBytesMax)
        {
            return RejectReason.HeadTooLong;
        }

        switch (_state)
        {
            case State.TrailerLineFeed:
                _lineBytes = 0;
                return Expect(value, (byte)'\n', State.TrailerStart, RejectReason.BareCarriageReturn);
            case State.EndLineFeed:
                return Expect(value, (byte)'\n', State.Done, RejectReason.BareCarriageReturn);
            case State.TrailerStart when value == (byte)'\r':
                _state = State.EndLineFeed;
                return RejectReason.None;
            case State.TrailerStart when _trailerCount == limits.FieldsMax:
                return RejectReason.TooManyFields;
            case State.TrailerStart:
                _trailerCount++;
                break;
            case State.TrailerValue when value == (byte)'\r':
                _state = State.TrailerLineFeed;
                return RejectReason.None;
        }

        if (++_lineBytes > limits.FieldLineBytesMax)
        {
            return RejectReason.FieldLineTooLong;
        }

        return StepTrailerLine(value);
    }

    private RejectReason StepTrailerLine(byte value)
    {
        if (_state == State.TrailerValue)
        {
            return !Ascii.LineBreaking.Contains(value) ? RejectReason.None
                : value == (byte)'\n' ? RejectReason.BareLineFeed
                : RejectReason.ControlByte;
        }

        if (Ascii.Token.Contains(value))
        {
            _state = State.TrailerName;
            return RejectReason.None;
        }

        if (value == (byte)':' && _state == State.TrailerName)
        {
            _state = State.TrailerValue;
            return RejectReason.None;
        }

        return value == (byte)'\n' ? RejectReason.BareLineFeed
            : !Ascii.IsBlank(value) ? RejectReason.InvalidFieldName
            : _state == State.TrailerStart ? RejectReason.FoldedLine
            : RejectReason.WhitespaceBeforeColon;
    }

    private RejectReason Expect(byte value, byte expected, State next, RejectReason otherwise = RejectReason.InvalidChunkEnd)
    {
        _state = next;
        return value == expected ? RejectReason.None : otherwise;
    }
}
