using System;
using System.Diagnostics;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Engine.Keys;
using Unkey.Protocol;
using Unkey.Server.Diagnostics;
using Unkey.Server.Events;
using Unkey.Server.Transport;

namespace Unkey.Server.Hot;

/// <summary><c>POST /v2/keys.verifyKey</c> on the reactor: wire words become engine words, and the decision becomes an answer.</summary>
/// <remarks>
/// One per reactor, on its thread; allocates nothing. It answers every verification outcome. A request that deserves an
/// error (a bad body, a bad root key, an unknown limit, a query that does not parse) is left to the control plane, which
/// decides it again at leisure and words the error; nothing has been consumed by then. So is a key that is not found while
/// the request names a migration, which only the store knows.
/// </remarks>
internal sealed class VerifyKeyEndpoint
{
    private readonly EngineState _engine;
    private readonly Verifier _verifier;
    private readonly VerifyResult _result = new();
    private readonly VerifyKeyRequestReader _reader = new();
    private readonly CallerResolver _callers;
    private readonly ReactorMetrics _metrics;
    private readonly ReactorClock _clock;
    private readonly JsonHead _head;
    private readonly RequestIds _ids;
    private readonly EventRing? _events;
    private readonly RequestLog? _requests;
    private LimitRequest[] _limits = new LimitRequest[16];

    internal VerifyKeyEndpoint(EngineState engine, ReactorMetrics metrics, ReactorClock clock, RequestIds ids, EventRing? events, RequestLog? requests)
    {
        _engine = engine;
        _verifier = new Verifier(engine);
        _callers = new CallerResolver(engine, clock);
        _metrics = metrics;
        _clock = clock;
        _head = new JsonHead(clock);
        _ids = ids;
        _events = events;
        _requests = requests;
    }

    /// <summary>Answers the request, or returns false and has changed nothing.</summary>
    [HotPath]
    internal bool TryHandle(Connection connection, RequestHead head, ReadOnlySpan<byte> body, ConnectionOption option)
    {
        if (!MediaType.IsJson(head.ContentType) || !_reader.TryRead(body, out VerifyKeyRequest request))
        {
            return false;
        }

        // Member by member, as in the reader of the request.
        VerifyInput input = default;
        input.Permissions = request.Permissions;
        input.Cost = request.HasCost ? request.Cost : -1;
        input.Limits = VerifyKeyBody.ToEngine(request.Limits, ref _limits);
        input.LimitNames = request.LimitNames;
        input.CallerIp = CallerAddress.Of(connection, head);
        input.NowMs = _clock.NowMs;
        if (connection.KeyAhead.IsSet && connection.KeyAhead.Is(request.Key, connection.Input.FirstSpan()))
        {
            input.SetKey(request.Key, in connection.KeyAhead.Lookup);
        }
        else
        {
            // The slot of the key is on its way while the caller is looked up.
            input.SetKey(request.Key, _engine.Keys);
        }

        if (!_callers.TryGet(connection, head.Authorization, takesBareToken: false, out KeyRecord caller))
        {
            return false;
        }

        input.Caller = caller;
        VerifyOutcome outcome = _verifier.Verify(in input, _result);
        if (outcome is VerifyOutcome.BadQuery or VerifyOutcome.UnknownLimit
            || (outcome == VerifyOutcome.NotFound && !request.MigrationId.IsEmpty))
        {
            return false;
        }

        ReadOnlySpan<byte> requestId = _ids.Next();
        if (_events is not null)
        {
            DecisionEvents.Verified(_events, _engine, in request, in input, outcome, _result, requestId, connection.RequestStartTimestamp);
        }

        Write(connection.Output, requestId, outcome, in input, option);
        _requests?.Served(connection, head, requestId, caller);
        _metrics.RequestCompleted(RequestEndpoint.VerifyKey, OutcomeLabel(outcome));
        return true;
    }

    /// <summary>The last step of a lookup ahead of its turn.</summary>
    [HotPath]
    internal void Prefetch(in KeyLookAhead ahead) => _verifier.Prefetch(in ahead);

    /// <summary>Clears what was decoded of the last request.</summary>
    [HotPath]
    internal void Forget() => _reader.Forget();

    [HotPath]
    private void Write(ConnectionOutput output, ReadOnlySpan<byte> requestId, VerifyOutcome outcome, in VerifyInput input, ConnectionOption option)
    {
        const int Head = 256;
        var writer = new ResponseWriter(output.GetSpan(Head + VerifyKeyBody.BytesMax(in input, _result)));
        _head.Write(ref writer, option);
        VerifyKeyBody.Write(ref writer, requestId, outcome, in input, _result);
        writer.Complete();
        Debug.Assert(!writer.Overflowed, "BytesMax is an upper bound.");
        output.Advance(writer.Written);
    }

    /// <summary>The label of an outcome that has a code on the wire.</summary>
    internal static RequestOutcome OutcomeLabel(VerifyOutcome outcome) => outcome switch
    {
        VerifyOutcome.Valid => RequestOutcome.Valid,
        VerifyOutcome.NotFound => RequestOutcome.NotFound,
        VerifyOutcome.Forbidden or VerifyOutcome.WorkspaceDisabled => RequestOutcome.Forbidden,
        VerifyOutcome.InsufficientPermissions => RequestOutcome.InsufficientPermissions,
        VerifyOutcome.UsageExceeded => RequestOutcome.UsageExceeded,
        VerifyOutcome.RateLimited => RequestOutcome.RateLimited,
        VerifyOutcome.Disabled => RequestOutcome.Disabled,
        VerifyOutcome.Expired => RequestOutcome.Expired,
        _ => throw new UnreachableException(),
    };
}
