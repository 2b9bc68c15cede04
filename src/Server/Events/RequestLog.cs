using System;
using System.Text;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Engine.Keys;
using Unkey.Protocol;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Hot;
using Unkey.Server.Transport;

namespace Unkey.Server.Events;

/// <summary>Publishes what a reactor answered by itself into its ring. One per reactor, on its thread; exists only when requests are recorded.</summary>
/// <remarks>
/// Answering a verification allocates nothing here and takes no lock. Requests give way to decisions: they find room only while the ring is less than half
/// full, so that a flood of them cannot drop a verification. Never recorded: bodies, queries, and any field but Host and User-Agent.
/// </remarks>
internal sealed class RequestLog(EventRing ring, EngineState engine, RequestLogRule rule, ReactorClock clock)
{
    /// <summary>Longest of each text; more is cut off.</summary>
    internal const int TextBytesMax = 256;

    private const int HotStatus = 200;

    private readonly Random _random = new();

    /// <summary>A verification or a rate-limit check was answered with 200.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="head">Head of the request.</param>
    /// <param name="requestId">Id of the request.</param>
    /// <param name="caller">The root key; none for v1's verifyKey.</param>
    [HotPath]
    internal void Served(Connection connection, RequestHead head, ReadOnlySpan<byte> requestId, KeyRecord caller)
    {
        if (!rule.Takes(HotStatus, isHot: true, _random.NextDouble()))
        {
            return;
        }

        RequestEvent answered = Of(connection, head, HotStatus, requestId);
        if (!caller.IsNull)
        {
            answered.RootKeyId = caller.KeyId;
            answered.WorkspaceId = engine.Workspaces.Find(caller.ForWorkspaceIndex) is { } workspace ? workspace.IdUtf8 : default;
        }

        Publish(in answered);
    }

    /// <summary>The router answered by itself: a path or a method that is not served, a redirect.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="head">Head of the request.</param>
    /// <param name="status">Status of the answer.</param>
    /// <param name="requestId">An id for the request; the answer need not show it.</param>
    internal void Routed(Connection connection, RequestHead head, int status, ReadOnlySpan<byte> requestId)
    {
        if (rule.Takes(status, isHot: false, random: 0))
        {
            RequestEvent answered = Of(connection, head, status, requestId);
            Publish(in answered);
        }
    }

    /// <summary>A request was refused before it was whole, and the connection with it: of its head nothing is certain, so nothing is recorded.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="code">What was answered.</param>
    /// <param name="requestId">Id of the answer.</param>
    internal void Refused(Connection connection, ErrorCode code, ReadOnlySpan<byte> requestId)
    {
        Span<byte> error = stackalloc byte[TextBytesMax];
        RequestEvent refused = new()
        {
            TimeMs = clock.NowMs,
            Status = code.Status,
            RequestId = requestId,
            Error = error[..Encoding.ASCII.GetBytes(code.Suffix, error)],
            Address = connection.PeerAddress,
        };
        Publish(in refused);
    }

    /// <summary>A text as it is recorded.</summary>
    [HotPath]
    internal static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text) => text.Length <= TextBytesMax ? text : text[..TextBytesMax];

    [HotPath]
    private RequestEvent Of(Connection connection, RequestHead head, int status, ReadOnlySpan<byte> requestId) => new()
    {
        TimeMs = clock.NowMs,
        LatencyNs = DecisionEvents.ElapsedNs(connection.RequestStartTimestamp),
        Status = status,
        RequestId = requestId,
        Host = Cut(head.Host),
        Method = head.MethodName,
        Path = Cut(head.Path),
        UserAgent = Cut(head.UserAgent),
        Address = Cut(CallerAddress.Of(connection, head)),
    };

    [HotPath]
    private void Publish(in RequestEvent answered)
    {
        if (ring.TryReserveSpare(answered.BytesMax(), out EventWriter writer))
        {
            answered.WriteTo(ref writer);
            ring.Publish(in writer);
        }
    }
}
