using System;
using Unkey.Protocol;
using Unkey.Server.Diagnostics;
using Unkey.Server.Transport;

namespace Unkey.Server.Routing;

/// <summary>The requests that are most of all: with the head of the one before them.</summary>
internal sealed partial class RequestLoop
{
    // Where the head that the parser remembers leads to; Unknown also for a body that the general case has to look at.
    private RouteKind _routed;
    private long _routedVersion;

    /// <summary>
    /// The usual case without its generality: a verification or a rate-limit check that has arrived whole, in one block, with the head of the request before it.
    /// False leaves everything to the general case.
    /// </summary>
    [HotPath]
    private bool TryServeAgain(Connection connection)
    {
        ReadOnlyMemory<byte> input = connection.Input.OneBlock();
        if (!_parser.TryRepeat(input) || connection.IsAdmin)
        {
            return false;
        }

        RequestHead head = _parser.Head;
        if (_routedVersion != _parser.RememberedVersion)
        {
            _routedVersion = _parser.RememberedVersion;
            bool hasUsualBody = head.ContentLength >= 0 && head.ContentLength <= (_limits.BodyBytesMax > 0 ? Math.Min(HotBodyBytesMax, _limits.BodyBytesMax) : HotBodyBytesMax);
            _routed = head.Method == HttpMethod.Post && hasUsualBody ? _context.Routes.Match(head.Path) : RouteKind.Unknown;
        }

        long requestBytes = head.ByteCount + head.ContentLength;
        if (_routed is not (RouteKind.VerifyKey or RouteKind.Limit) || input.Length < requestBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> body = input.Span[head.ByteCount..(int)requestBytes];
        ConnectionOption option = Begin(connection, head, (int)requestBytes);
        if (_routed == RouteKind.VerifyKey)
        {
            if (!_verifyKey.TryHandle(connection, head, body, option))
            {
                return false;
            }

            connection.VerifyAnswers++;
            Watch(connection, head, RequestEndpoint.VerifyKey);
        }
        else
        {
            if (!_ratelimit.TryHandle(connection, head, body, isBatch: false, option))
            {
                return false;
            }

            connection.LimitAnswers++;
            Watch(connection, head, RequestEndpoint.Limit);
        }

        connection.Scan = default;
        Consume(connection, (int)requestBytes);
        Answered(connection, option);
        return true;
    }
}
