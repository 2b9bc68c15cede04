using System;
using System.Diagnostics;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Protocol;
using Unkey.Server.Diagnostics;
using Unkey.Server.Events;
using Unkey.Server.Transport;

namespace Unkey.Server.Hot;

/// <summary><c>POST /v1/keys.verifyKey</c> on the reactor. Whoever presents a key may verify it: v1 asks for no root key here.</summary>
/// <remarks>
/// One per reactor, on its thread; allocates nothing. A request that deserves an error (a bad body, an unknown limit, a disabled workspace) is left to
/// the control plane, which decides it again and words the error, and so is a call that must be counted; nothing has been consumed by then.
/// </remarks>
internal sealed class V1VerifyKeyEndpoint(
    EngineState engine, ReactorMetrics metrics, ReactorClock clock, RequestIds ids, EventRing? events, RequestLog? requests)
{
    private readonly Verifier _verifier = new(engine);
    private readonly VerifyResult _result = new();
    private readonly V1VerifyKeyRequestReader _reader = new();
    private LimitRequest[] _limits = new LimitRequest[16];

    /// <summary>Answers the request, or returns false and has changed nothing.</summary>
    [HotPath]
    internal bool TryHandle(Connection connection, RequestHead head, ReadOnlySpan<byte> body, ConnectionOption option)
    {
        if (!_reader.TryRead(body, out VerifyKeyRequest request))
        {
            return false;
        }

        var input = new VerifyInput
        {
            Access = VerifyAccess.Anonymous,
            ApiId = request.ApiId,
            Permissions = request.Permissions,
            Cost = request.HasCost ? request.Cost : -1,
            AppliedCost = request.AppliedCost,
            Limits = VerifyKeyBody.ToEngine(request.Limits, ref _limits),
            LimitNames = request.LimitNames,
            CallerIp = CallerAddress.Of(connection, head),
            NowMs = clock.NowMs,
        };
        input.SetKey(request.Key);
        VerifyOutcome outcome = _verifier.Verify(in input, _result);
        if (outcome is VerifyOutcome.UnknownLimit or VerifyOutcome.WorkspaceDisabled or VerifyOutcome.NotCounted)
        {
            return false;
        }

        ReadOnlySpan<byte> requestId = ids.Next();
        if (events is not null)
        {
            DecisionEvents.Verified(events, engine, in request, in input, outcome, _result, requestId, connection.RequestStartTimestamp);
        }

        Write(connection.Output, requestId, outcome, in input, option);
        requests?.Served(connection, head, requestId, caller: default);
        metrics.RequestCompleted(RequestEndpoint.V1VerifyKey, VerifyKeyEndpoint.OutcomeLabel(outcome));
        return true;
    }

    /// <summary>Clears what was decoded of the last request.</summary>
    [HotPath]
    internal void Forget() => _reader.Forget();

    [HotPath]
    private void Write(ConnectionOutput output, ReadOnlySpan<byte> requestId, VerifyOutcome outcome, in VerifyInput input, ConnectionOption option)
    {
        const int Head = 512 + V1VerifyKeyBody.TriggeredBytesMax;
        ReadOnlySpan<byte> triggered = V1VerifyKeyBody.TriggeredLimit(outcome, in input, _result);
        var writer = new ResponseWriter(output.GetSpan(Head + V1VerifyKeyBody.BytesMax(_result)));
        V1Fields.BeginHead(ref writer, clock.DateOf(clock.Timestamp), option, requestId);
        if (!triggered.IsEmpty)
        {
            writer.WriteField(V1Fields.RatelimitTriggered, triggered);
        }

        writer.EndHead();
        V1VerifyKeyBody.Write(ref writer, requestId, outcome, in input, _result);
        writer.Complete();
        Debug.Assert(!writer.Overflowed, "BytesMax is an upper bound.");
        output.Advance(writer.Written);
    }
}
