using System;
using System.Diagnostics;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Engine.Keys;
using Unkey.Engine.Limits;
using Unkey.Protocol;
using Unkey.Server.Diagnostics;
using Unkey.Server.Events;
using Unkey.Server.Transport;

namespace Unkey.Server.Hot;

/// <summary><c>POST /v1/ratelimits.limit</c> on the reactor.</summary>
/// <remarks>One per reactor, on its thread; allocates nothing. What it leaves to the control plane is what <see cref="RatelimitEndpoint"/> does.</remarks>
internal sealed class V1RatelimitEndpoint(
    EngineState engine, ReactorMetrics metrics, ReactorClock clock, RequestIds ids, EventRing? events, RequestLog? requests)
{
    private readonly RatelimitDecider _decider = new(engine);
    private readonly RatelimitResult _result = new();
    private readonly RatelimitRequestReader _reader = new();
    private readonly RatelimitRequest[] _checks = new RatelimitRequest[1];
    private readonly CallerResolver _callers = new(engine, clock);

    /// <summary>Answers the request, or returns false and has changed nothing.</summary>
    [HotPath]
    internal bool TryHandle(Connection connection, RequestHead head, ReadOnlySpan<byte> body, ConnectionOption option)
    {
        if (!_reader.TryReadV1(body) || !_callers.TryGet(connection, head.Authorization, takesBareToken: true, out KeyRecord caller))
        {
            return false;
        }

        var input = new RatelimitInput
        {
            Caller = caller,
            HonorsBareWildcard = true,
            Checks = RatelimitEndpoint.ToEngine(_reader.Checks, _checks),
            Texts = _reader.Texts,
            NowMs = clock.NowMs,
        };
        if (_decider.Decide(in input, isBatch: false, _result) != RatelimitOutcome.Decided)
        {
            return false;
        }

        ReadOnlySpan<byte> requestId = ids.Next();
        if (events is not null)
        {
            DecisionEvents.Decided(events, engine, in input, _result, requestId, connection.RequestStartTimestamp);
        }

        Write(connection.Output, requestId, option);
        requests?.Served(connection, head, requestId, caller);
        metrics.RequestCompleted(RequestEndpoint.V1Limit, _result.Passed ? RequestOutcome.Success : RequestOutcome.RateLimited);
        return true;
    }

    /// <summary>Writes the body of a decided request; shared with the control plane.</summary>
    [HotPath]
    internal static void WriteBody(ref ResponseWriter writer, RatelimitResult result)
    {
        ref readonly BucketTake only = ref result.Check(0);
        RatelimitJson.WriteV1(ref writer, only.Passed, only.Limit, only.Remaining, only.ResetMs);
    }

    [HotPath]
    private void Write(ConnectionOutput output, ReadOnlySpan<byte> requestId, ConnectionOption option)
    {
        const int Head = 512;
        var writer = new ResponseWriter(output.GetSpan(Head + RatelimitJson.BytesPerCheckMax));
        V1Fields.BeginHead(ref writer, clock.DateOf(clock.Timestamp), option, requestId);
        writer.EndHead();
        WriteBody(ref writer, _result);
        writer.Complete();
        Debug.Assert(!writer.Overflowed, "The body is bounded.");
        output.Advance(writer.Written);
    }
}
