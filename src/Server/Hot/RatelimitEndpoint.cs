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

/// <summary><c>POST /v2/ratelimit.limit</c> and <c>ratelimit.multiLimit</c> on the reactor.</summary>
/// <remarks>
/// One per reactor, on its thread; allocates nothing. It answers what memory can decide. A namespace that does not exist yet, a refusal and a
/// bad request go to the control plane, which creates, words, or explains; nothing has been taken by then.
/// </remarks>
internal sealed class RatelimitEndpoint
{
    private readonly EngineState _engine;
    private readonly RatelimitDecider _decider;
    private readonly RatelimitResult _result = new();
    private readonly RatelimitRequestReader _reader = new();
    private readonly RatelimitRequest[] _checks = new RatelimitRequest[RatelimitResult.ChecksMax];
    private readonly CallerResolver _callers;
    private readonly ReactorMetrics _metrics;
    private readonly ReactorClock _clock;
    private readonly JsonHead _head;
    private readonly RequestIds _ids;
    private readonly EventRing? _events;
    private readonly RequestLog? _requests;
    private readonly bool _testMode;

    internal RatelimitEndpoint(
        EngineState engine, ReactorMetrics metrics, ReactorClock clock, RequestIds ids, EventRing? events, RequestLog? requests, bool testMode)
    {
        _engine = engine;
        _decider = new RatelimitDecider(engine);
        _callers = new CallerResolver(engine, clock);
        _metrics = metrics;
        _clock = clock;
        _head = new JsonHead(clock);
        _ids = ids;
        _events = events;
        _requests = requests;
        _testMode = testMode;
    }

    /// <summary>Answers the request, or returns false and has changed nothing.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="head">The request's head.</param>
    /// <param name="body">The request's body.</param>
    /// <param name="isBatch">Whether it is a multiLimit request.</param>
    /// <param name="option">What the answer says of the connection.</param>
    [HotPath]
    internal bool TryHandle(Connection connection, RequestHead head, ReadOnlySpan<byte> body, bool isBatch, ConnectionOption option)
    {
        if (!MediaType.IsJson(head.ContentType)
            || !(isBatch ? _reader.TryReadMany(body) : _reader.TryReadOne(body))
            || !_callers.TryGet(connection, head.Authorization, takesBareToken: false, out KeyRecord caller))
        {
            return false;
        }

        // Member by member: an initializer would fill a copy first, and to copy views is dear.
        RatelimitInput input = default;
        input.Caller = caller;
        input.Checks = ToEngine(_reader.Checks, _checks);
        input.Texts = _reader.Texts;
        input.NowMs = TestTime(head, _testMode) ?? _clock.NowMs;
        if (_decider.Decide(in input, isBatch, _result) != RatelimitOutcome.Decided)
        {
            return false;
        }

        ReadOnlySpan<byte> requestId = _ids.Next();
        if (_events is not null && (isBatch || !IsSilent(head.Metrics)))
        {
            DecisionEvents.Decided(_events, _engine, in input, _result, requestId, connection.RequestStartTimestamp);
        }

        Write(connection.Output, requestId, in input, isBatch, option);
        _requests?.Served(connection, head, requestId, caller);
        _metrics.RequestCompleted(isBatch ? RequestEndpoint.MultiLimit : RequestEndpoint.Limit, _result.Passed ? RequestOutcome.Success : RequestOutcome.RateLimited);
        return true;
    }

    /// <summary>Whether a request asks for no event; only a single check may.</summary>
    /// <param name="metrics">Value of <c>X-Unkey-Metrics</c>.</param>
    [HotPath]
    internal static bool IsSilent(ReadOnlySpan<byte> metrics) => metrics.SequenceEqual("disabled"u8);

    /// <summary>The time that a request sets for itself, unix milliseconds; <see langword="null"/> outside test mode and when it sets none.</summary>
    internal static long? TestTime(RequestHead head, bool testMode) =>
        testMode && Ascii.TryParseUnsigned(head.TestTime, out long testTimeMs) ? testTimeMs : null;

    [HotPath]
    private void Write(ConnectionOutput output, ReadOnlySpan<byte> requestId, in RatelimitInput input, bool isBatch, ConnectionOption option)
    {
        const int Head = 512;
        var writer = new ResponseWriter(output.GetSpan(Head + BodyBytesMax(in input, isBatch, _result)));
        _head.Write(ref writer, option);
        WriteBody(ref writer, in input, isBatch, requestId, _result);
        writer.Complete();
        Debug.Assert(!writer.Overflowed, "bytesMax is an upper bound.");
        output.Advance(writer.Written);
    }

    /// <summary>Turns wire checks into engine checks; shared with the control plane.</summary>
    /// <param name="checks">The checks read.</param>
    /// <param name="scratch">Room for as many.</param>
    [HotPath]
    internal static ReadOnlySpan<RatelimitRequest> ToEngine(ReadOnlySpan<RatelimitCheck> checks, RatelimitRequest[] scratch)
    {
        for (int i = 0; i < checks.Length; i++)
        {
            ref readonly RatelimitCheck check = ref checks[i];
            scratch[i] = new RatelimitRequest(
                check.NamespaceOffset, check.NamespaceLength, check.IdentifierOffset, check.IdentifierLength, check.Limit, check.DurationMs, check.Cost);
        }

        return scratch.AsSpan(0, checks.Length);
    }

    /// <summary>An upper bound of the body that <see cref="WriteBody"/> writes; shared with the control plane.</summary>
    [HotPath]
    internal static int BodyBytesMax(in RatelimitInput input, bool isBatch, RatelimitResult result)
    {
        const int Envelope = 128;
        const int EscapedByteMax = 6; // \u00XX
        int bytesMax = Envelope + (input.Checks.Length * RatelimitJson.BytesPerCheckMax) + (isBatch ? input.Texts.Length * EscapedByteMax : 0);
        for (int i = 0; i < input.Checks.Length; i++)
        {
            bytesMax += result.Override(i)?.IdUtf8.Length ?? 0;
        }

        return bytesMax;
    }

    /// <summary>Writes the body of a decided request; shared with the control plane.</summary>
    [HotPath]
    internal static void WriteBody(
        ref ResponseWriter writer, in RatelimitInput input, bool isBatch, scoped ReadOnlySpan<byte> requestId, RatelimitResult result)
    {
        if (!isBatch)
        {
            ref readonly Engine.Limits.BucketTake only = ref result.Check(0);
            RatelimitJson.WriteOne(
                ref writer, requestId, only.Passed, only.Limit, only.Remaining, only.ResetMs, result.Override(0) is { } one ? one.IdUtf8 : default);
            return;
        }

        RatelimitJson.WriteBatchStart(ref writer, requestId, result.Passed);
        for (int i = 0; i < input.Checks.Length; i++)
        {
            ref readonly Engine.Limits.BucketTake check = ref result.Check(i);
            RatelimitJson.WriteCheck(
                ref writer,
                input.Namespace(i),
                input.Identifier(i),
                check.Passed,
                check.Limit,
                check.Remaining,
                check.ResetMs,
                result.Override(i) is { } applied ? applied.IdUtf8 : default,
                isFirst: i == 0);
        }

        RatelimitJson.WriteBatchEnd(ref writer);
    }
}
