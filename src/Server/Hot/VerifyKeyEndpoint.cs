using System;
using System.Diagnostics;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Protocol;
using Unkey.Server.Diagnostics;
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
    private readonly RequestIds _ids;
    private LimitRequest[] _limits = new LimitRequest[16];

    internal VerifyKeyEndpoint(EngineState engine, ReactorMetrics metrics, ReactorClock clock, RequestIds ids)
    {
        _engine = engine;
        _verifier = new Verifier(engine);
        _callers = new CallerResolver(engine, clock);
        _metrics = metrics;
        _clock = clock;
        _ids = ids;
    }

    /// <summary>Answers the request, or returns false and has changed nothing.</summary>
    [HotPath]
    internal bool TryHandle(Connection connection, RequestHead head, ReadOnlySpan<byte> body, bool keepAlive)
    {
        if (!MediaType.IsJson(head.ContentType)
            || !_reader.TryRead(body, out VerifyKeyRequest request)
            || !_callers.TryGet(connection, head.Authorization, out KeyRecord caller))
        {
            return false;
        }

        var input = new VerifyInput
        {
            Caller = caller,
            Key = KeyDigest.Of(request.Key),
            Permissions = request.Permissions,
            Cost = request.HasCost ? request.Cost : -1,
            Limits = ToEngine(request.Limits),
            LimitNames = request.LimitNames,
            CallerIp = CallerAddress.Of(connection, head),
            NowMs = _clock.NowMs,
        };
        VerifyOutcome outcome = _verifier.Verify(in input, _result);
        if (outcome is VerifyOutcome.BadQuery or VerifyOutcome.UnknownLimit
            || (outcome == VerifyOutcome.NotFound && !request.MigrationId.IsEmpty))
        {
            return false;
        }

        Write(connection.Output, outcome, in input, keepAlive);
        _metrics.RequestCompleted(RequestEndpoint.VerifyKey, OutcomeLabel(outcome));
        return true;
    }

    [HotPath]
    private void Write(ConnectionOutput output, VerifyOutcome outcome, in VerifyInput input, bool keepAlive)
    {
        var writer = new ResponseWriter(output.GetSpan(BytesMax(in input)));
        writer.WriteHead(200, ResponseWriter.ApplicationJson, _clock.Date, keepAlive);
        if (outcome == VerifyOutcome.NotFound)
        {
            VerifyKeyJson.WriteNotFound(ref writer, _ids.Next());
        }
        else
        {
            VerifyKeyJson.WriteStart(ref writer, _ids.Next(), WireCode(outcome), _result.Record.Fragment);
            if (_result.HasCredits)
            {
                VerifyKeyJson.WriteCredits(ref writer, _result.Credits);
            }

            if (!_result.Identity.IsNull)
            {
                WriteIdentity(ref writer, _result.Identity);
            }

            WriteLimits(ref writer, in input);
            VerifyKeyJson.WriteEnd(ref writer);
        }

        writer.Complete();
        Debug.Assert(!writer.Overflowed, "BytesMax is an upper bound.");
        output.Advance(writer.Written);
    }

    private void WriteIdentity(ref ResponseWriter writer, IdentityRecord identity)
    {
        VerifyKeyJson.BeginIdentity(ref writer, identity.Fragment);
        bool hasLimits = false;
        for (int i = 0; i < identity.LimitCount; i++)
        {
            LimitView limit = identity.Limit(i);
            if (!_result.IsShadowed(limit))
            {
                VerifyKeyJson.WriteIdentityLimit(ref writer, limit.DefinitionFragment, isFirst: !hasLimits);
                hasLimits = true;
            }
        }

        VerifyKeyJson.EndIdentity(ref writer, hasLimits);
    }

    private void WriteLimits(ref ResponseWriter writer, in VerifyInput input)
    {
        ReadOnlySpan<EvaluatedLimit> limits = _result.Limits;
        for (int i = 0; i < limits.Length; i++)
        {
            ref readonly EvaluatedLimit limit = ref limits[i];
            if (limit.Configured.IsNull)
            {
                VerifyKeyJson.WriteAdHocLimit(
                    ref writer, input.LimitName(limit.RequestIndex), limit.Limit, limit.DurationMs, limit.Remaining, limit.ResetMs, limit.Exceeded, i == 0);
            }
            else
            {
                VerifyKeyJson.WriteLimit(ref writer, limit.Configured.IdFragment, limit.Remaining, limit.ResetMs, limit.Exceeded, i == 0);
            }
        }

        if (limits.Length > 0)
        {
            VerifyKeyJson.EndLimits(ref writer);
        }
    }

    /// <summary>An upper bound of the whole answer, so that it is written in one go.</summary>
    [HotPath]
    private int BytesMax(in VerifyInput input)
    {
        // Head, request id, code, credits and brackets; then per limit its numbers and punctuation.
        const int Constant = 512;
        const int PerLimit = 192;
        const int EscapedByteMax = 6; // \u00XX
        if (_result.Record.IsNull)
        {
            return Constant;
        }

        int bytes = Constant + _result.Record.Fragment.Length;
        if (!_result.Identity.IsNull)
        {
            bytes += _result.Identity.Fragment.Length;
            for (int i = 0; i < _result.Identity.LimitCount; i++)
            {
                bytes += _result.Identity.Limit(i).DefinitionFragment.Length + 1;
            }
        }

        ReadOnlySpan<EvaluatedLimit> limits = _result.Limits;
        for (int i = 0; i < limits.Length; i++)
        {
            bytes += PerLimit + (limits[i].Configured.IsNull
                ? input.Limits[limits[i].RequestIndex].NameLength * EscapedByteMax
                : limits[i].Configured.IdFragment.Length);
        }

        return bytes;
    }

    [HotPath]
    private ReadOnlySpan<LimitRequest> ToEngine(ReadOnlySpan<VerifyKeyLimit> limits)
    {
        if (limits.Length > _limits.Length)
        {
            _limits = new LimitRequest[limits.Length]; // ALLOC: once for the longest list this reactor ever sees.
        }

        for (int i = 0; i < limits.Length; i++)
        {
            ref readonly VerifyKeyLimit limit = ref limits[i];
            _limits[i] = new LimitRequest(
                limit.NameOffset, limit.NameLength, limit.Cost, limit.HasLimit ? limit.Limit : -1, limit.HasDuration ? limit.DurationMs : -1);
        }

        return _limits.AsSpan(0, limits.Length);
    }

    private static VerifyKeyCode WireCode(VerifyOutcome outcome) => outcome switch
    {
        VerifyOutcome.Valid => VerifyKeyCode.Valid,
        VerifyOutcome.NotFound => VerifyKeyCode.NotFound,
        VerifyOutcome.Forbidden => VerifyKeyCode.Forbidden,
        VerifyOutcome.InsufficientPermissions => VerifyKeyCode.InsufficientPermissions,
        VerifyOutcome.UsageExceeded => VerifyKeyCode.UsageExceeded,
        VerifyOutcome.RateLimited => VerifyKeyCode.RateLimited,
        VerifyOutcome.Disabled => VerifyKeyCode.Disabled,
        VerifyOutcome.Expired => VerifyKeyCode.Expired,
        _ => throw new UnreachableException(),
    };

    private static RequestOutcome OutcomeLabel(VerifyOutcome outcome) => outcome switch
    {
        VerifyOutcome.Valid => RequestOutcome.Valid,
        VerifyOutcome.NotFound => RequestOutcome.NotFound,
        VerifyOutcome.Forbidden => RequestOutcome.Forbidden,
        VerifyOutcome.InsufficientPermissions => RequestOutcome.InsufficientPermissions,
        VerifyOutcome.UsageExceeded => RequestOutcome.UsageExceeded,
        VerifyOutcome.RateLimited => RequestOutcome.RateLimited,
        VerifyOutcome.Disabled => RequestOutcome.Disabled,
        VerifyOutcome.Expired => RequestOutcome.Expired,
        _ => throw new UnreachableException(),
    };
}
