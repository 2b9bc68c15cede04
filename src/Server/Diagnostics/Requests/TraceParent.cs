using System;
using System.Buffers.Binary;

namespace Unkey.Server.Diagnostics.Requests;

/// <summary>The <c>traceparent</c> of a request: which trace it belongs to, and which span called. Immutable value.</summary>
/// <param name="TraceIdHigh">First 8 bytes of the trace id, big-endian.</param>
/// <param name="TraceIdLow">Last 8 bytes of it.</param>
/// <param name="SpanId">The caller's span.</param>
/// <param name="IsSampled">Whether the caller keeps its trace.</param>
internal readonly record struct TraceParent(ulong TraceIdHigh, ulong TraceIdLow, ulong SpanId, bool IsSampled)
{
    // 00-<32 hex>-<16 hex>-<2 hex>
    private const int Length = 55;
    private const int TraceIdOffset = 3;
    private const int SpanIdOffset = 36;
    private const int FlagsOffset = 53;

    /// <summary>Whether there is a caller that traces.</summary>
    public bool Exists => SpanId != 0;

    /// <summary>Reads a field value.</summary>
    /// <param name="text">The value as sent; anything.</param>
    /// <param name="parent">The context on success.</param>
    /// <returns>False when the value is none; then it is as if it had not been sent.</returns>
    /// <remarks>No allocation. Source: W3C Trace Context, 3.2: lower-case hexadecimal, no id all zero, version ff never, later versions may go on behind a dash.</remarks>
    [HotPath]
    public static bool TryRead(ReadOnlySpan<byte> text, out TraceParent parent)
    {
        parent = default;
        if (text.Length < Length || text[2] != '-' || text[35] != '-' || text[52] != '-'
            || !TryHex(text[..2], out ulong version)
            || !TryHex(text.Slice(TraceIdOffset, 16), out ulong high)
            || !TryHex(text.Slice(TraceIdOffset + 16, 16), out ulong low)
            || !TryHex(text.Slice(SpanIdOffset, 16), out ulong span)
            || !TryHex(text.Slice(FlagsOffset, 2), out ulong flags))
        {
            return false;
        }

        const ulong ForbiddenVersion = 0xff;
        bool isLongEnough = version == 0 ? text.Length == Length : version != ForbiddenVersion && (text.Length == Length || text[Length] == '-');
        if (!isLongEnough || (high | low) == 0 || span == 0)
        {
            return false;
        }

        parent = new TraceParent(high, low, span, (flags & 1) != 0);
        return true;
    }

    /// <summary>The trace id as 16 bytes.</summary>
    public void WriteTraceId(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64BigEndian(target, TraceIdHigh);
        BinaryPrimitives.WriteUInt64BigEndian(target[8..], TraceIdLow);
    }

    [HotPath]
    private static bool TryHex(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;

        // BOUND: at most 16 digits.
        foreach (byte digit in digits)
        {
            int nibble = digit is >= (byte)'0' and <= (byte)'9' ? digit - '0' : digit is >= (byte)'a' and <= (byte)'f' ? digit - 'a' + 10 : -1;
            if (nibble < 0)
            {
                return false;
            }

            value = (value << 4) | (uint)nibble;
        }

        return true;
    }
}
