using System;

namespace Unkey.Engine.Events;

/// <summary>One answered verification of a key that was found. Lives on the stack; its texts are UTF-8 views of something else.</summary>
/// <remarks>
/// The payload of a record:
/// <code>
/// kind 1 | outcome 1 | tags 1 | time ms 8 | latency ns 8 | spent credits 8 | texts: request, workspace, keyspace, key, identity, external id | tags
/// </code>
/// </remarks>
public ref struct VerificationEvent
{
    // Kind, outcome, tag count, three numbers, six lengths.
    private const int FixedBytes = 3 + (3 * sizeof(long)) + (6 * sizeof(ushort));

    /// <summary>What the verification came to; <see cref="VerifyOutcome.Valid"/> or one of the refusals of a found key.</summary>
    public VerifyOutcome Outcome { get; set; }

    /// <summary>When it was decided, Unix milliseconds.</summary>
    public long TimeMs { get; set; }

    /// <summary>From the first byte of the request being handled to the answer being written, nanoseconds.</summary>
    public long LatencyNs { get; set; }

    /// <summary>Credits that were taken, 0 or more.</summary>
    public long SpentCredits { get; set; }

    /// <summary>Id of the request.</summary>
    public ReadOnlySpan<byte> RequestId { get; set; }

    /// <summary>Id of the workspace that owns the key.</summary>
    public ReadOnlySpan<byte> WorkspaceId { get; set; }

    /// <summary>Id of the key's keyspace.</summary>
    public ReadOnlySpan<byte> KeyspaceId { get; set; }

    /// <summary>Id of the key.</summary>
    public ReadOnlySpan<byte> KeyId { get; set; }

    /// <summary>Id of the key's identity; empty for none.</summary>
    public ReadOnlySpan<byte> IdentityId { get; set; }

    /// <summary>The customer's id of the identity; empty for none.</summary>
    public ReadOnlySpan<byte> ExternalId { get; set; }

    /// <summary>Number of tags of the request; they follow as texts, written by the caller and read from <see cref="Tags"/>.</summary>
    public byte TagCount { get; set; }

    /// <summary>Of an event that was read: stands before the first tag.</summary>
    public EventReader Tags { get; private set; }

    /// <summary>Room that the event takes.</summary>
    /// <param name="tagTextBytes">Bytes of all tags together.</param>
    [HotPath]
    public readonly int BytesMax(int tagTextBytes) => FixedBytes + RequestId.Length + WorkspaceId.Length + KeyspaceId.Length + KeyId.Length
        + IdentityId.Length + ExternalId.Length + (TagCount * sizeof(ushort)) + tagTextBytes;

    /// <summary>Writes everything but the tags, which the caller writes next.</summary>
    /// <param name="writer">Has room for <see cref="BytesMax"/>.</param>
    [HotPath]
    public readonly void WriteTo(ref EventWriter writer)
    {
        writer.Head((byte)EventKind.Verification, (byte)Outcome, TagCount, TimeMs, LatencyNs, SpentCredits);
        writer.Text(RequestId);
        writer.Text(WorkspaceId);
        writer.Text(KeyspaceId);
        writer.Text(KeyId);
        writer.Text(IdentityId);
        writer.Text(ExternalId);
    }

    /// <summary>Reads an event.</summary>
    /// <param name="payload">Payload of a record; must stay as it is while the event is used.</param>
    /// <param name="read">The event.</param>
    /// <returns>Whether the payload is a whole verification event.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out VerificationEvent read)
    {
        EventReader reader = new(payload);
        read = default;
        if (reader.Byte() != (byte)EventKind.Verification)
        {
            return false;
        }

        read.Outcome = (VerifyOutcome)reader.Byte();
        read.TagCount = reader.Byte();
        read.TimeMs = reader.Number();
        read.LatencyNs = reader.Number();
        read.SpentCredits = reader.Number();
        read.RequestId = reader.Text();
        read.WorkspaceId = reader.Text();
        read.KeyspaceId = reader.Text();
        read.KeyId = reader.Text();
        read.IdentityId = reader.Text();
        read.ExternalId = reader.Text();
        read.Tags = reader;
        for (int i = 0; i < read.TagCount; i++)
        {
            _ = reader.Text();
        }

        return !reader.Failed;
    }
}
