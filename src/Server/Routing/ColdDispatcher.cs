using System;
using System.Buffers;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Protocol;
using Unkey.Server.ControlPlane;
using Unkey.Server.Diagnostics;
using Unkey.Server.Diagnostics.Requests;
using Unkey.Server.Events;
using Unkey.Server.Hot;
using Unkey.Server.Transport;

namespace Unkey.Server.Routing;

/// <summary>Turns a request that is not hot into an ordinary object and gives it to the thread pool.</summary>
/// <remarks>One reactor thread. Everything it takes from the head and the body is copied: both are gone when the call runs.</remarks>
internal sealed class ColdDispatcher(Reactor reactor, ReactorContext context)
{
    /// <summary>Starts an operation of the API.</summary>
    internal void Start(Connection connection, RequestHead head, in ReadOnlySequence<byte> body, ConnectionOption option, string requestId)
    {
        byte[] copy = body.ToArray();
        var request = new ColdRequest
        {
            Path = Encoding.ASCII.GetString(head.Path),
            Query = Encoding.ASCII.GetString(head.Query),
            Method = Encoding.ASCII.GetString(head.MethodName),
            Authorization = head.HasAuthorization ? Encoding.UTF8.GetString(head.Authorization) : null,
            ContentType = head.HasContentType ? Encoding.UTF8.GetString(head.ContentType) : null,
            Accept = head.Accept.IsEmpty ? null : Encoding.UTF8.GetString(head.Accept),
            Host = Encoding.ASCII.GetString(RequestLog.Cut(head.Host)),
            UserAgent = head.UserAgent.IsEmpty ? null : Encoding.UTF8.GetString(head.UserAgent),
            PeerAddress = Encoding.ASCII.GetString(CallerAddress.Of(connection, head)),
            Body = copy,
            TestTimeMs = RatelimitEndpoint.TestTime(head, context.Options.TestMode),
            RequestId = requestId,
            IsSilent = RatelimitEndpoint.IsSilent(head.Metrics),
            StartTimestamp = connection.RequestStartTimestamp,
        };
        connection.ColdEndpoint = context.Metrics.EndpointOf(request.Path);
        RequestEndpoint endpoint = connection.ColdEndpoint;
        Queue(
            connection,
            option,
            head.Method == HttpMethod.Head,
            context.Watch?.Leaves(connection, head, endpoint, Encoding.ASCII.GetBytes(requestId)),
            () => HandleAsync(request, copy, endpoint.IsVerification || endpoint.IsLimit));
    }

    // The record is made when the answer is, so that it is there although the client may have left.
    private async Task<ColdResponse> HandleAsync(ColdRequest request, byte[] body, bool isHot)
    {
        ColdResponse response = await context.ControlPlane.HandleAsync(request).ConfigureAwait(false);
        Array.Clear(body); // It may have held a key.
        if (context.ColdEvents is { } events && context.Options.RequestLog.Takes(response.Status, isHot, Random.Shared.NextDouble()))
        {
            events.Answered(request, response, context.Time.GetUtcNow().ToUnixTimeMilliseconds());
        }

        return response;
    }

    /// <summary>Starts a GET or HEAD of a document about the API.</summary>
    internal void StartDocument(Connection connection, RequestHead head, ConnectionOption option)
    {
        string path = Encoding.ASCII.GetString(head.Path);
        string ifNoneMatch = head.TryGetField("if-none-match"u8, out ReadOnlySpan<byte> value) ? Encoding.ASCII.GetString(value) : "";
        connection.ColdEndpoint = RequestEndpoint.Document;
        Queue(connection, option, head.Method == HttpMethod.Head, mark: null, () => Task.FromResult(context.Documents.Answer(path, ifNoneMatch)));
    }

    /// <summary>Starts a request of the admin listener.</summary>
    internal void StartAdmin(Connection connection, RequestHead head, ConnectionOption option)
    {
        byte[] path = head.Path.ToArray();
        byte[]? authorization = head.HasAuthorization ? head.Authorization.ToArray() : null;
        bool isGetOrHead = head.Method is HttpMethod.Get or HttpMethod.Head;
        connection.ColdEndpoint = RequestEndpoint.Admin;
        Queue(connection, option, head.Method == HttpMethod.Head, mark: null, () =>
        {
            AdminResponse answer = context.Admin.Handle(path, isGetOrHead, authorization);
            Array.Clear(authorization ?? []); // It may hold the token.
            return Task.FromResult(new ColdResponse(answer.Status, answer.ContentType, answer.Body)
            {
                Fields = answer.Allow is not null ? [new("Allow", answer.Allow)] : answer.Challenge is not null ? [new("WWW-Authenticate", answer.Challenge)] : [],
            });
        });
    }

    private void Queue(Connection connection, ConnectionOption option, bool isHead, ColdMark? mark, Func<Task<ColdResponse>> handle)
    {
        connection.ColdOption = option;
        connection.ColdIsHead = isHead;
        ThreadPool.UnsafeQueueUserWorkItem(new ColdCall(reactor, connection, mark, handle), preferLocal: false);
    }
}
