using System;
using System.Buffers;
using System.Text;
using Unkey.Engine.Keys;
using Unkey.Protocol;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Diagnostics;
using Unkey.Server.Diagnostics.Requests;
using Unkey.Server.Events;
using Unkey.Server.Hot;
using Unkey.Server.Transport;

namespace Unkey.Server.Routing;

/// <summary>The one place that advances a connection through its requests: parse, wait for the body, route, answer, in order.</summary>
/// <remarks>
/// One per reactor, on its thread. A hot request is answered here; a cold one leaves for the thread pool, and the requests
/// behind it wait. A head stays in the input until its body is complete and is then parsed once more, so a connection that
/// waits for a body keeps no parsed state but a byte count.
/// </remarks>
internal sealed partial class RequestLoop
{
    /// <summary>Longest body that is copied together for the hot path when it lies in several blocks.</summary>
    private const int HotBodyBytesMax = 64 * 1024;

    private readonly ReactorContext _context;
    private readonly Reactor _reactor;
    private readonly HttpLimits _limits;
    private readonly HttpParser _parser;
    private readonly VerifyKeyEndpoint _verifyKey;
    private readonly RatelimitEndpoint _ratelimit;
    private readonly Answers _answers;
    private readonly ColdDispatcher _cold;
    private readonly RequestIds _ids = new();
    private readonly RequestLog? _requests;
    private readonly RequestWatch? _watch;

    // Only there when v1 is served, and only then is a path one of v1.
    private readonly V1VerifyKeyEndpoint? _v1VerifyKey;
    private readonly V1RatelimitEndpoint? _v1Ratelimit;
    private KeyAhead _next;
    private byte[] _joinedBody = [];
    private int _joinedBytes;

    internal RequestLoop(ReactorContext context, Reactor reactor)
    {
        _context = context;
        _reactor = reactor;
        _limits = HttpLimits.Default with
        {
            HeadBytesMax = context.Options.MaxHeadBytes,
            BodyBytesMax = context.Options.MaxBodyBytes,
        };
        _parser = new HttpParser(_limits);
        _answers = new Answers(reactor.Clock, _ids);
        _cold = new ColdDispatcher(reactor, context);
        _watch = context.Watch;
        if (context.Events is { } ring && context.Options.RequestLog is { IsOn: true } rule)
        {
            _requests = new RequestLog(ring, context.Engine, rule, reactor.Clock);
        }

        // Where only errors are recorded, the endpoints have nothing to record.
        RequestLog? served = context.Options.RequestLog.HotShare > 0 ? _requests : null;
        _verifyKey = new VerifyKeyEndpoint(context.Engine, context.Metrics, reactor.Clock, _ids, context.Events, served);
        _ratelimit = new RatelimitEndpoint(context.Engine, context.Metrics, reactor.Clock, _ids, context.Events, served, context.Options.TestMode);
        if (context.ControlPlane.ServesV1)
        {
            _v1VerifyKey = new V1VerifyKeyEndpoint(context.Engine, context.Metrics, reactor.Clock, _ids, context.Events, served);
            _v1Ratelimit = new V1RatelimitEndpoint(context.Engine, context.Metrics, reactor.Clock, _ids, context.Events, served);
        }
    }

    /// <summary>Handles what is complete; leaves the connection in the phase that says what it waits for.</summary>
    [HotPath]
    internal void Process(Connection connection)
    {
        if (connection.Phase == ConnectionPhase.Blocked)
        {
            SetPhase(connection, ConnectionPhase.Idle);
        }

        // BOUND: each turn consumes a request or returns.
        while (connection.Phase <= ConnectionPhase.Body)
        {
            if (connection.Output.Unsent > Reactor.UnsentBytesMax)
            {
                SetPhase(connection, ConnectionPhase.Blocked);
                return;
            }

            if (connection.Input.Length < connection.RequestBytesNeeded || !ProcessOne(connection))
            {
                if (connection.Phase == ConnectionPhase.Body
                    && !_context.Bodies.TryHold(connection, connection.Input.Length + (connection.Chunked?.Bytes.WrittenCount ?? 0)))
                {
                    RefuseOverBudget(connection);
                }

                if (connection.Input.Ended && connection.Phase <= ConnectionPhase.Body)
                {
                    // The peer will send no more: an incomplete message is dropped, unverified and unanswered (RFC 9112, 8).
                    SetPhase(connection, ConnectionPhase.Closing);
                }

                return;
            }
        }
    }

    /// <summary>Begins the lookup of the key in what has just arrived, ahead of the request's turn.</summary>
    [HotPath]
    internal void BeginAhead(Connection connection) =>
        connection.KeyAhead.Find(connection.Input.FirstSpan(), request: 0, _parser.RememberedBytes, _context.Engine.Keys);

    /// <summary>The second step: its slot has had time to arrive.</summary>
    [HotPath]
    internal void ContinueAhead(Connection connection)
    {
        if (connection.KeyAhead.IsSet)
        {
            _context.Engine.Keys.Continue(ref connection.KeyAhead.Lookup);
        }
    }

    /// <summary>The third step: its record has had time to arrive.</summary>
    [HotPath]
    internal void EndAhead(Connection connection)
    {
        if (connection.KeyAhead.IsSet)
        {
            _verifyKey.Prefetch(in connection.KeyAhead.Lookup);
            connection.KeyAhead.Lookup.Settle();
        }
    }

    /// <summary>Writes the answer of a cold request and lets the connection go on.</summary>
    internal void CompleteCold(Connection connection, ColdResponse response)
    {
        ConnectionOption option = _reactor.Draining ? ConnectionOption.Close : connection.ColdOption;
        connection.Output.HoldsSecrets = true;
        _answers.Write(connection.Output, response, option, connection.ColdIsHead, connection.RequestStartTimestamp);
        Count(connection.ColdEndpoint, OutcomeLabels.OutcomeOf(response.Status), connection.RequestStartTimestamp);
        Answered(connection, option);
    }

    /// <summary>Refuses the request that did not arrive in time, and the connection with it.</summary>
    internal void RefuseTimeout(Connection connection) => Refuse(connection, RejectReason.Timeout);

    /// <summary>Refuses what was sent without TLS where TLS is spoken.</summary>
    internal void RefusePlainHttp(Connection connection) => Refuse(connection, RejectReason.PlainHttp);

    /// <summary>Tells a client that there are too many connections.</summary>
    internal void RefuseOverLimit(Connection connection)
    {
        _answers.WriteOverLimit(connection.Output);
        SetPhase(connection, ConnectionPhase.Closing);
    }

    /// <summary>Clears what the parser keeps of heads, credentials among it. For the end of a connection.</summary>
    internal void ForgetHeads() => _parser.Forget();

    private static void SetPhase(Connection connection, ConnectionPhase phase)
    {
        connection.Phase = phase;
        connection.PhaseChanged = true;
    }

    /// <summary>True when a request was handled or given to the thread pool; false when more bytes are needed or all is over.</summary>
    [HotPath]
    private bool ProcessOne(Connection connection)
    {
        if (!connection.Scan.Started && TryServeAgain(connection))
        {
            return true;
        }

        ReadOnlySequence<byte> input = connection.Input.Peek();
        if (input.IsEmpty)
        {
            return false;
        }

        switch (_parser.ParseHead(input, ref connection.Scan, out RejectReason reason))
        {
            case ParseStatus.NeedMoreData:
                if (connection.Phase == ConnectionPhase.Idle && connection.Scan.Started)
                {
                    SetPhase(connection, ConnectionPhase.Head);
                }

                return false;
            case ParseStatus.Rejected:
                Refuse(connection, reason);
                return false;
        }

        connection.Scan = default;
        RequestHead head = _parser.Head;
        if (head.IsChunked)
        {
            return ProcessChunked(connection, head, input);
        }

        if (head.ContentLength > _limits.BodyBytesMax && _limits.BodyBytesMax > 0)
        {
            Refuse(connection, RejectReason.BodyTooLarge);
            return false;
        }

        int bodyBytes = (int)Math.Max(head.ContentLength, 0);
        int requestBytes = head.ByteCount + bodyBytes;
        if (input.Length < requestBytes)
        {
            AwaitBody(connection, head, input.Length, requestBytes);
            return false;
        }

        Dispatch(connection, head, input.Slice(head.ByteCount, bodyBytes), requestBytes);
        return true;
    }

    private static void AwaitBody(Connection connection, RequestHead head, long arrived, int requestBytes)
    {
        connection.RequestBytesNeeded = requestBytes;
        connection.BodyExtraMs = head.ContentLength / Deadlines.BodyBytesPerMs;
        EnterBody(connection, head, arrived);
    }

    private static void EnterBody(Connection connection, RequestHead head, long arrived)
    {
        if (connection.Phase != ConnectionPhase.Body)
        {
            SetPhase(connection, ConnectionPhase.Body);
        }

        if (head.ExpectContinue && arrived == head.ByteCount && !connection.ContinueSent)
        {
            connection.ContinueSent = true;
            Answers.WriteContinue(connection.Output);
        }
    }

    private bool ProcessChunked(Connection connection, RequestHead head, in ReadOnlySequence<byte> input)
    {
        ChunkedBody body = connection.Chunked ??= new ChunkedBody { InputBytesDecoded = head.ByteCount };
        ReadOnlySequence<byte> fresh = input.Slice(body.InputBytesDecoded);
        ParseStatus status = body.Decoder.Decode(fresh, body.Bytes, _limits, out SequencePosition consumed, out RejectReason reason);
        body.InputBytesDecoded += (int)fresh.Slice(0, consumed).Length;
        switch (status)
        {
            case ParseStatus.NeedMoreData:
                connection.RequestBytesNeeded = (int)input.Length + 1;
                connection.BodyExtraMs = body.InputBytesDecoded / Deadlines.BodyBytesPerMs;
                EnterBody(connection, head, input.Length);
                return false;
            case ParseStatus.Rejected:
                Refuse(connection, reason);
                return false;
            default:
                Dispatch(connection, head, new ReadOnlySequence<byte>(body.Bytes.WrittenMemory), body.InputBytesDecoded);
                return true;
        }
    }

    [HotPath]
    private void Dispatch(Connection connection, RequestHead head, in ReadOnlySequence<byte> body, int requestBytes)
    {
        ConnectionOption option = Begin(connection, head, requestBytes);
        if (connection.IsAdmin)
        {
            _cold.StartAdmin(connection, head, option);
            LeaveForColdAnswer(connection, requestBytes);
            return;
        }

        RouteKind kind = _context.Routes.Match(head.Path);
        switch (kind)
        {
            case RouteKind.VerifyKey when head.Method == HttpMethod.Post && _verifyKey.TryHandle(connection, head, Contiguous(body), option):
                connection.VerifyAnswers++;
                Watch(connection, head, RequestEndpoint.VerifyKey);
                break;
            case RouteKind.Limit when head.Method == HttpMethod.Post && _ratelimit.TryHandle(connection, head, Contiguous(body), isBatch: false, option):
            case RouteKind.MultiLimit when head.Method == HttpMethod.Post && _ratelimit.TryHandle(connection, head, Contiguous(body), isBatch: true, option):
                connection.LimitAnswers++;
                Watch(connection, head, kind == RouteKind.Limit ? RequestEndpoint.Limit : RequestEndpoint.MultiLimit);
                break;
            case RouteKind.VerifyKey or RouteKind.Limit or RouteKind.MultiLimit or RouteKind.ControlPlane
                when head.Method == HttpMethod.Post && IsThrottled(connection, head, out int retryAfterSeconds):
                RefuseThrottled(connection, head, retryAfterSeconds, option);
                break;
            case RouteKind.VerifyKey or RouteKind.Limit or RouteKind.MultiLimit or RouteKind.ControlPlane when head.Method == HttpMethod.Post:
                _cold.Start(connection, head, body, option, _answers.NextRequestId());
                LeaveForColdAnswer(connection, requestBytes);
                return;
            case RouteKind.V1VerifyKey when head.Method == HttpMethod.Post && _v1VerifyKey!.TryHandle(connection, head, Contiguous(body), option):
                connection.VerifyAnswers++;
                Watch(connection, head, RequestEndpoint.V1VerifyKey);
                break;
            case RouteKind.V1Limit when head.Method == HttpMethod.Post && _v1Ratelimit!.TryHandle(connection, head, Contiguous(body), option):
                connection.LimitAnswers++;
                Watch(connection, head, RequestEndpoint.V1Limit);
                break;
            case RouteKind.V1VerifyKey or RouteKind.V1Limit or RouteKind.V1:
                _cold.Start(connection, head, body, option, _answers.NextRequestId());
                LeaveForColdAnswer(connection, requestBytes);
                return;
            case RouteKind.Liveness when head.Method is HttpMethod.Get or HttpMethod.Head:
                _answers.WriteLiveness(connection.Output, option, head.Method == HttpMethod.Head);
                Count(RequestEndpoint.Liveness, RequestOutcome.Success, connection.RequestStartTimestamp);
                Watch(connection, head, RequestEndpoint.Liveness);
                break;
            case RouteKind.Document when head.Method is HttpMethod.Get or HttpMethod.Head:
                _cold.StartDocument(connection, head, option);
                LeaveForColdAnswer(connection, requestBytes);
                return;
            case RouteKind.Liveness or RouteKind.Document:
                _answers.WriteMethodNotAllowed(connection.Output, "GET, HEAD"u8, option, head.Method == HttpMethod.Head);
                Routed(connection, head, 405);
                break;
            case RouteKind.VerifyKey or RouteKind.Limit or RouteKind.MultiLimit or RouteKind.ControlPlane:
                _answers.WriteMethodNotAllowed(connection.Output, "POST"u8, option, head.Method == HttpMethod.Head);
                Routed(connection, head, 405);
                break;
            case RouteKind.Unclean:
                _answers.WriteRedirect(connection.Output, head.Path, option, head.Method == HttpMethod.Head);
                Routed(connection, head, 308);
                break;
            default:
                option = AnswerUnknown(connection, head, option);
                break;
        }

        Consume(connection, requestBytes);
        Answered(connection, option);
    }

    [HotPath]
    private ConnectionOption Begin(Connection connection, RequestHead head, int requestBytes)
    {
        connection.RequestStartTimestamp = _reactor.Clock.Timestamp;
        if (connection.Input.Length > requestBytes)
        {
            _next.Find(connection.Input.FirstSpan(), requestBytes, _parser.RememberedBytes, _context.Engine.Keys);
        }

        return _reactor.Draining ? ConnectionOption.Close : head.AnswerOption;
    }

    // Whoever floods the server with unknown root keys is refused here, which spares the thread pool. A known one goes its way, whatever it is good for.
    private bool IsThrottled(Connection connection, RequestHead head, out int retryAfterSeconds)
    {
        retryAfterSeconds = 0;
        AuthenticationThrottle throttle = _context.ControlPlane.Throttle;
        if (!throttle.IsActive(_reactor.Clock.NowMs) || !head.Authorization.StartsWith("Bearer "u8))
        {
            return false;
        }

        ReadOnlySpan<byte> token = head.Authorization["Bearer "u8.Length..].Trim((byte)' ');
        return !_context.Engine.Keys.TryFind(KeyDigest.Of(token), out _)
            && throttle.Refuses(CallerAddress.Of(connection, head), _reactor.Clock.NowMs, out retryAfterSeconds);
    }

    private void RefuseThrottled(Connection connection, RequestHead head, int retryAfterSeconds, ConnectionOption option)
    {
        _answers.WriteThrottled(connection.Output, retryAfterSeconds, option);
        RequestEndpoint endpoint = _context.Metrics.EndpointOf(Encoding.ASCII.GetString(head.Path));
        Count(endpoint, RequestOutcome.ClientError, connection.RequestStartTimestamp);
        _requests?.Routed(connection, head, ErrorCode.AuthenticationThrottled.Status, _ids.Current);
        _watch?.Answered(connection, head, endpoint, ErrorCode.AuthenticationThrottled.Status, _ids.Current);
    }

    private void LeaveForColdAnswer(Connection connection, int requestBytes)
    {
        SetPhase(connection, ConnectionPhase.Cold);
        Consume(connection, requestBytes);
    }

    private ConnectionOption AnswerUnknown(Connection connection, RequestHead head, ConnectionOption option)
    {
        switch (head.Method)
        {
            case HttpMethod.Options when head.Path.SequenceEqual("*"u8):
                _answers.WriteEmpty(connection.Output, 200, option);
                Routed(connection, head, 200);
                return option;
            case HttpMethod.Connect:
                // No tunnel is ever opened; what follows on the connection is not for us.
                _answers.WriteEmpty(connection.Output, 501, ConnectionOption.Close);
                Routed(connection, head, 501);
                return ConnectionOption.Close;
            default:
                _answers.WriteNotFound(connection.Output, option, head.Method == HttpMethod.Head);
                Routed(connection, head, 404);
                return option;
        }
    }

    private void Consume(Connection connection, int requestBytes)
    {
        _context.Bodies.Release(connection);
        connection.Input.Consume(requestBytes);
        TurnToNext(connection, requestBytes);
        connection.RequestBytesNeeded = 0;
        ForgetCopies(connection);
        connection.ContinueSent = false;
        connection.BodyExtraMs = 0;
    }

    // Of pipelined requests, the record of the next one has the time of its parsing to arrive; the slot had that of the whole request before it.
    private void TurnToNext(Connection connection, int requestBytes)
    {
        connection.KeyAhead = _next;
        _next = default;
        if (connection.KeyAhead.IsSet)
        {
            connection.KeyAhead.Consume(requestBytes);
            _context.Engine.Keys.Continue(ref connection.KeyAhead.Lookup);
            connection.KeyAhead.Lookup.Settle();
        }
    }

    // Keys must not stay in memory for longer than their request: blocks are cleared by their pool, and this is where else a body may have been.
    private void ForgetCopies(Connection connection)
    {
        connection.Chunked?.Bytes.Clear();
        connection.Chunked = null;
        _joinedBody.AsSpan(0, _joinedBytes).Clear();
        _joinedBytes = 0;
        _verifyKey.Forget();
        _v1VerifyKey?.Forget();
    }

    private static void Answered(Connection connection, ConnectionOption option) =>
        SetPhase(connection, option == ConnectionOption.Close ? ConnectionPhase.Closing : ConnectionPhase.Idle);

    private void Refuse(Connection connection, RejectReason reason)
    {
        ErrorCode code = _answers.WriteRejection(connection.Output, reason);
        _requests?.Refused(connection, code, _ids.Current);
        _context.Metrics.RequestCompleted(RequestEndpoint.Malformed, RequestOutcome.ClientError);
        Abandon(connection);
    }

    private void RefuseOverBudget(Connection connection)
    {
        ErrorCode code = _answers.WriteOverBudget(connection.Output);
        _requests?.Refused(connection, code, _ids.Current);
        _context.Metrics.RequestCompleted(RequestEndpoint.Malformed, RequestOutcome.ServerError);
        Abandon(connection);
    }

    private void Abandon(Connection connection)
    {
        // After a framing error nothing more of this connection means anything.
        Consume(connection, connection.Input.Length);
        SetPhase(connection, ConnectionPhase.Closing);
    }

    private void Routed(Connection connection, RequestHead head, int status)
    {
        Count(RequestEndpoint.Unknown, OutcomeLabels.OutcomeOf(status), connection.RequestStartTimestamp);
        _requests?.Routed(connection, head, status, _ids.Current);
        _watch?.Answered(connection, head, RequestEndpoint.Unknown, status, _ids.Current);
    }

    // After an answer of 200 on the reactor, whose id is the last that was made.
    [HotPath]
    private void Watch(Connection connection, RequestHead head, RequestEndpoint endpoint)
    {
        const int Ok = 200;
        _watch?.Answered(connection, head, endpoint, Ok, _ids.Current);
    }

    private void Count(RequestEndpoint endpoint, RequestOutcome outcome, long startTimestamp)
    {
        _context.Metrics.RequestCompleted(endpoint, outcome);
        _context.Metrics.RecordLatency(endpoint, System.Diagnostics.Stopwatch.GetTimestamp() - startTimestamp);
    }

    private ReadOnlySpan<byte> Contiguous(in ReadOnlySequence<byte> body)
    {
        if (body.IsSingleSegment)
        {
            return body.FirstSpan;
        }

        if (body.Length > HotBodyBytesMax)
        {
            return default; // Too long for any valid request: the cold path says what is wrong with it.
        }

        if (_joinedBody.Length == 0)
        {
            _joinedBody = GC.AllocateUninitializedArray<byte>(HotBodyBytesMax); // ALLOC: once a reactor.
        }

        body.CopyTo(_joinedBody);
        _joinedBytes = (int)body.Length;
        return _joinedBody.AsSpan(0, _joinedBytes);
    }
}
