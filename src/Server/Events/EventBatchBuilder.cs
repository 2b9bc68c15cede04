using System;
using System.Buffers;
using System.Buffers.Binary;
using Unkey.Engine.Events;

namespace Unkey.Server.Events;

/// <summary>Gathers events until they are sealed. The batcher's thread only.</summary>
internal sealed class EventBatchBuilder
{
    private readonly ArrayBufferWriter<byte> _events = new(64 * 1024);

    /// <summary>Verification events so far.</summary>
    public int Verifications { get; private set; }

    /// <summary>Rate-limit events so far.</summary>
    public int Ratelimits { get; private set; }

    /// <summary>Request events so far.</summary>
    public int Requests { get; private set; }

    /// <summary>Events so far.</summary>
    public int Count => Verifications + Ratelimits + Requests;

    /// <summary>Bytes so far.</summary>
    public int Bytes => _events.WrittenCount;

    /// <summary>The events as <see cref="EventBatch.Events"/> has them, until the next change.</summary>
    public ReadOnlyMemory<byte> Events => _events.WrittenMemory;

    /// <summary>Adds an event.</summary>
    /// <param name="payload">Payload of a ring's record.</param>
    /// <returns>Whether its kind is known; an unknown one is left out.</returns>
    public bool Add(ReadOnlySpan<byte> payload)
    {
        switch ((EventKind)payload[0])
        {
            case EventKind.Verification:
                Verifications++;
                break;
            case EventKind.Ratelimit:
                Ratelimits++;
                break;
            case EventKind.Request:
                Requests++;
                break;
            default:
                return false;
        }

        Span<byte> room = _events.GetSpan(sizeof(int) + payload.Length);
        BinaryPrimitives.WriteInt32LittleEndian(room, payload.Length);
        payload.CopyTo(room[sizeof(int)..]);
        _events.Advance(sizeof(int) + payload.Length);
        return true;
    }

    /// <summary>Begins again.</summary>
    public void Clear()
    {
        _events.ResetWrittenCount();
        Verifications = 0;
        Ratelimits = 0;
        Requests = 0;
    }
}
