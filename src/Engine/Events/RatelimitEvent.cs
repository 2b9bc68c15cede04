using System;

namespace Unkey.Engine.Events;

/// <summary>One decided rate-limit check. Lives on the stack; its texts are UTF-8 views of something else.</summary>
/// <remarks>
/// The payload of a record:
/// <code>
/// kind 1 | passed 1 | time ms 8 | latency ns 8 | limit 8 | remaining 8 | reset ms 8 | tokens 8 | texts: request, workspace, namespace, identifier, override
/// </code>
/// </remarks>
public ref struct RatelimitEvent
{
    private const int FixedBytes = 2 + (6 * sizeof(long)) + (5 * sizeof(ushort));

    /// <summary>Whether this check passed by itself.</summary>
    public bool Passed { get; set; }

    /// <summary>When it was decided, Unix milliseconds.</summary>
    public long TimeMs { get; set; }

    /// <summary>The call's latency divided by its checks, nanoseconds.</summary>
    public long LatencyNs { get; set; }

    /// <summary>The limit that was applied.</summary>
    public long Limit { get; set; }

    /// <summary>Tokens left.</summary>
    public long Remaining { get; set; }

    /// <summary>Unix milliseconds of the reset.</summary>
    public long ResetMs { get; set; }

    /// <summary>The cost of the check.</summary>
    public long Tokens { get; set; }

    /// <summary>Id of the request.</summary>
    public ReadOnlySpan<byte> RequestId { get; set; }

    /// <summary>Id of the workspace.</summary>
    public ReadOnlySpan<byte> WorkspaceId { get; set; }

    /// <summary>Id of the namespace.</summary>
    public ReadOnlySpan<byte> NamespaceId { get; set; }

    /// <summary>The identifier as sent.</summary>
    public ReadOnlySpan<byte> Identifier { get; set; }

    /// <summary>Id of the override that was applied; empty for none.</summary>
    public ReadOnlySpan<byte> OverrideId { get; set; }

    /// <summary>Room that the event takes.</summary>
    [HotPath]
    public readonly int BytesMax() =>
        FixedBytes + RequestId.Length + WorkspaceId.Length + NamespaceId.Length + Identifier.Length + OverrideId.Length;

    /// <summary>Writes the event.</summary>
    /// <param name="writer">Has room for <see cref="BytesMax"/>.</param>
    [HotPath]
    public readonly void WriteTo(ref EventWriter writer)
    {
        writer.Byte((byte)EventKind.Ratelimit);
        writer.Byte(Passed ? (byte)1 : (byte)0);
        writer.Number(TimeMs);
        writer.Number(LatencyNs);
        writer.Number(Limit);
        writer.Number(Remaining);
        writer.Number(ResetMs);
        writer.Number(Tokens);
        writer.Text(RequestId);
        writer.Text(WorkspaceId);
        writer.Text(NamespaceId);
        writer.Text(Identifier);
        writer.Text(OverrideId);
    }

    /// <summary>Reads an event.</summary>
    /// <param name="payload">Payload of a record; must stay as it is while the event is used.</param>
    /// <param name="read">The event.</param>
    /// <returns>Whether the payload is a whole rate-limit event.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out RatelimitEvent read)
    {
        EventReader reader = new(payload);
        read = default;
        if (reader.Byte() != (byte)EventKind.Ratelimit)
        {
            return false;
        }

        read.Passed = reader.Byte() != 0;
        read.TimeMs = reader.Number();
        read.LatencyNs = reader.Number();
        read.Limit = reader.Number();
        read.Remaining = reader.Number();
        read.ResetMs = reader.Number();
        read.Tokens = reader.Number();
        read.RequestId = reader.Text();
        read.WorkspaceId = reader.Text();
        read.NamespaceId = reader.Text();
        read.Identifier = reader.Text();
        read.OverrideId = reader.Text();
        return !reader.Failed;
    }
}
