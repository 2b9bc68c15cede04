using System;
using Unkey.Protocol;
using Unkey.Server.Transport;

namespace Unkey.Server.Diagnostics.Requests;

/// <summary>Looks at each answered request of a reactor and notes those that were slow or that a trace shows. One per reactor, on its thread; exists only when
/// <c>--slow-request</c> or traces are asked for.</summary>
/// <remarks>A request that is neither costs one reading of the clock, and the search for its <c>traceparent</c> when there are traces. Nothing allocates, blocks or throws.</remarks>
/// <param name="time">The clock.</param>
/// <param name="slow">Takes what was slow, or <see langword="null"/>.</param>
/// <param name="slowTicks">From how many ticks on a request is slow.</param>
/// <param name="spans">Takes what a trace shows, or <see langword="null"/>.</param>
/// <param name="sampling">Which those are.</param>
internal sealed class RequestWatch(TimeProvider time, MarkRing? slow, long slowTicks, MarkRing? spans, TraceSampling sampling)
{
    private readonly Random _random = new();

    /// <summary>Notes what must be known of a request that leaves the reactor, while its head is there.</summary>
    internal ColdMark Leaves(Connection connection, RequestHead head, RequestEndpoint endpoint, ReadOnlySpan<byte> requestId)
    {
        RequestMark mark = default;
        Describe(ref mark, head, endpoint, requestId, connection.RequestStartTimestamp);
        return new ColdMark(this, mark);
    }

    /// <summary>A request was answered on the reactor.</summary>
    [HotPath]
    internal void Answered(Connection connection, RequestHead head, RequestEndpoint endpoint, int status, ReadOnlySpan<byte> requestId)
    {
        RequestMark mark = default;
        Describe(ref mark, head, endpoint, requestId, connection.RequestStartTimestamp);
        Complete(ref mark, status);
    }

    /// <summary>The answer is there.</summary>
    [HotPath]
    internal void Complete(ref RequestMark mark, int status)
    {
        mark.ElapsedTicks = time.GetTimestamp() - mark.StartTimestamp;
        mark.Status = (short)status;
        if (slow is not null && mark.ElapsedTicks >= slowTicks)
        {
            slow.TryWrite(in mark);
        }

        if (mark.IsSampled)
        {
            spans!.TryWrite(in mark);
        }
    }

    [HotPath]
    private void Describe(ref RequestMark mark, RequestHead head, RequestEndpoint endpoint, ReadOnlySpan<byte> requestId, long startTimestamp)
    {
        mark.StartTimestamp = startTimestamp;
        mark.Endpoint = endpoint;
        mark.Method = head.Method;
        mark.IsHttp11 = head.IsHttp11;
        mark.SetRequestId(requestId);
        if (spans is not null)
        {
            if (head.TryGetField("traceparent"u8, out ReadOnlySpan<byte> text))
            {
                TraceParent.TryRead(text, out mark.Parent);
            }

            mark.IsSampled = sampling.Takes(in mark.Parent, _random.NextInt64());
        }
    }
}
