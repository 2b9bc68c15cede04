using System;
using System.Buffers.Binary;

namespace Unkey.Server.Events;

/// <summary>
/// A sealed batch: its events do not change any more, and its token is the same however often it is delivered. Any thread, until the batch is delivered: then its
/// <see cref="Memory"/> may become another batch's.
/// </summary>
/// <param name="Token">Names the batch among all that any server ever seals.</param>
/// <param name="Verifications">Number of verification events.</param>
/// <param name="Ratelimits">Number of rate-limit events.</param>
/// <param name="Events">The events: each its length in four bytes, little-endian, then the payload of a ring's record.</param>
internal sealed record EventBatch(string Token, int Verifications, int Ratelimits, ReadOnlyMemory<byte> Events)
{
    /// <summary>What <see cref="Events"/> lies in, when it is used again once the batch is delivered.</summary>
    public byte[]? Memory { get; init; }

    /// <summary>Number of request events.</summary>
    public int Requests { get; init; }

    /// <summary>Number of events.</summary>
    public int Count => Verifications + Ratelimits + Requests;

    /// <summary>Moves to the next event.</summary>
    /// <param name="offset">Where to read; 0 at first.</param>
    /// <param name="payload">The event, for <see cref="Engine.Events.VerificationEvent.TryRead"/> or its sibling.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryNext(ref int offset, out ReadOnlySpan<byte> payload) => TryNext(Events.Span, ref offset, out payload);

    /// <summary>Moves to the next of some events.</summary>
    /// <param name="events">The events, as <see cref="Events"/> has them.</param>
    /// <param name="offset">Where to read; 0 at first.</param>
    /// <param name="payload">The event.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryNext(ReadOnlySpan<byte> events, ref int offset, out ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> rest = events[offset..];
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
