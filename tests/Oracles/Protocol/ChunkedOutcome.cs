using System;
using System.Buffers;
using System.Text;
using Unkey.Protocol;

namespace Unkey.Tests.Oracles;

/// <summary>What the decoder of chunked bodies made of some bytes, as text that can be compared.</summary>
internal static class ChunkedOutcome
{
    /// <summary>One look at all bytes.</summary>
    public static string Decode(ReadOnlySequence<byte> input, HttpLimits limits)
    {
        ChunkedDecoder decoder = default;
        var body = new ArrayBufferWriter<byte>();
        ParseStatus status = decoder.Decode(input, body, limits, out SequencePosition consumed, out RejectReason reason);
        return Describe(status, reason, (int)input.Slice(0, consumed).Length, body);
    }

    /// <summary>Part after part, each <c>step</c> bytes long.</summary>
    public static string Feed(byte[] input, HttpLimits limits, Func<int> step)
    {
        ChunkedDecoder decoder = default;
        var body = new ArrayBufferWriter<byte>();
        int used = 0;
        while (true)
        {
            int length = Math.Min(step(), input.Length - used);
            var part = new ReadOnlySequence<byte>(input, used, length);
            ParseStatus status = decoder.Decode(part, body, limits, out SequencePosition consumed, out RejectReason reason);
            used += (int)part.Slice(0, consumed).Length;
            if (status != ParseStatus.NeedMoreData || used == input.Length)
            {
                return Describe(status, reason, used, body);
            }

            if (!part.Slice(consumed).IsEmpty)
            {
                throw new InvalidOperationException("The decoder asked for more and left some of what it had.");
            }
        }
    }

    private static string Describe(ParseStatus status, RejectReason reason, int used, ArrayBufferWriter<byte> body) => status switch
    {
        ParseStatus.Done => $"Done {used} {Encoding.Latin1.GetString(body.WrittenSpan)}",
        ParseStatus.Rejected => $"Rejected {reason}",
        _ => "NeedMoreData",
    };

    /// <summary>An outcome with the status code of the answer in the place of the reason, as the reference tells it.</summary>
    public static string WithStatus(string outcome) => outcome.StartsWith("Rejected ", StringComparison.Ordinal)
        ? $"Rejected {RejectReasons.StatusCode(Enum.Parse<RejectReason>(outcome["Rejected ".Length..]))}"
        : outcome;
}
