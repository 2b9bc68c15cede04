using System;

namespace Unkey.Engine.Events;

/// <summary>One answered request of the API. Lives on the stack; its texts are UTF-8 views of something else.</summary>
/// <remarks>
/// What a client sent beyond the parts below (body, query, other fields) has no place in it, so that no secret can come along.
/// The payload of a record:
/// <code>
/// kind 1 | time ms 8 | latency ns 8 | status 8 | texts: request, workspace, root key, host, method, path, error, user agent, address
/// </code>
/// </remarks>
public ref struct RequestEvent
{
    private const int FixedBytes = 1 + (3 * sizeof(long)) + (9 * sizeof(ushort));

    /// <summary>When it was answered, Unix milliseconds.</summary>
    public long TimeMs { get; set; }

    /// <summary>From the first byte of the request being handled to the answer being made, nanoseconds; 0 when it was refused unread.</summary>
    public long LatencyNs { get; set; }

    /// <summary>HTTP status of the answer.</summary>
    public long Status { get; set; }

    /// <summary>Id of the request.</summary>
    public ReadOnlySpan<byte> RequestId { get; set; }

    /// <summary>Id of the workspace that the caller manages; empty when the request was not authenticated.</summary>
    public ReadOnlySpan<byte> WorkspaceId { get; set; }

    /// <summary>Id of the root key; never the key. Empty when the request was not authenticated.</summary>
    public ReadOnlySpan<byte> RootKeyId { get; set; }

    /// <summary>Value of the Host field.</summary>
    public ReadOnlySpan<byte> Host { get; set; }

    /// <summary>The method as sent.</summary>
    public ReadOnlySpan<byte> Method { get; set; }

    /// <summary>The path as sent, without the query.</summary>
    public ReadOnlySpan<byte> Path { get; set; }

    /// <summary>Code of the error, without the address before it; empty for none.</summary>
    public ReadOnlySpan<byte> Error { get; set; }

    /// <summary>Value of the User-Agent field.</summary>
    public ReadOnlySpan<byte> UserAgent { get; set; }

    /// <summary>Address of the client, trusted proxies resolved.</summary>
    public ReadOnlySpan<byte> Address { get; set; }

    /// <summary>Room that the event takes.</summary>
    [HotPath]
    public readonly int BytesMax() => FixedBytes + RequestId.Length + WorkspaceId.Length + RootKeyId.Length + Host.Length + Method.Length + Path.Length
        + Error.Length + UserAgent.Length + Address.Length;

    /// <summary>Writes the event.</summary>
    /// <param name="writer">Has room for <see cref="BytesMax"/>.</param>
    [HotPath]
    public readonly void WriteTo(ref EventWriter writer)
    {
        writer.Byte((byte)EventKind.Request);
        writer.Number(TimeMs);
        writer.Number(LatencyNs);
        writer.Number(Status);
        writer.Text(RequestId);
        writer.Text(WorkspaceId);
        writer.Text(RootKeyId);
        writer.Text(Host);
        writer.Text(Method);
        writer.Text(Path);
        writer.Text(Error);
        writer.Text(UserAgent);
        writer.Text(Address);
    }

    /// <summary>Reads an event.</summary>
    /// <param name="payload">Payload of a record; must stay as it is while the event is used.</param>
    /// <param name="read">The event.</param>
    /// <returns>Whether the payload is a whole request event.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out RequestEvent read)
    {
        EventReader reader = new(payload);
        read = default;
        if (reader.Byte() != (byte)EventKind.Request)
        {
            return false;
        }

        read.TimeMs = reader.Number();
        read.LatencyNs = reader.Number();
        read.Status = reader.Number();
        read.RequestId = reader.Text();
        read.WorkspaceId = reader.Text();
        read.RootKeyId = reader.Text();
        read.Host = reader.Text();
        read.Method = reader.Text();
        read.Path = reader.Text();
        read.Error = reader.Text();
        read.UserAgent = reader.Text();
        read.Address = reader.Text();
        return !reader.Failed;
    }
}
