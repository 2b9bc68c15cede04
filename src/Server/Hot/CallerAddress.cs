using System;
using Unkey.Protocol;
using Unkey.Server.Transport;

namespace Unkey.Server.Hot;

/// <summary>Whom a request comes from, as IP allow-lists compare it.</summary>
internal static class CallerAddress
{
    /// <summary>
    /// The peer's address, or, when the peer is a trusted proxy, the first non-empty element of <c>X-Forwarded-For</c>
    /// without its port.
    /// </summary>
    /// <remarks>Anybody can send the field, so it is ignored from every other peer. No allocation.</remarks>
    [HotPath]
    internal static ReadOnlySpan<byte> Of(Connection connection, RequestHead head)
    {
        if (!connection.PeerIsTrustedProxy)
        {
            return connection.PeerAddress;
        }

        return TryFirst(head.XForwardedFor, out ReadOnlySpan<byte> first) ? first : connection.PeerAddress;
    }

    /// <summary>The first non-empty element of a list, without its port.</summary>
    /// <returns>False when there is none. An element may be empty without its brackets: it is then nobody's address, and not the proxy's.</returns>
    [HotPath]
    internal static bool TryFirst(ReadOnlySpan<byte> list, out ReadOnlySpan<byte> first)
    {
        // BOUND: each turn drops an element of the list.
        while (!list.IsEmpty)
        {
            int comma = list.IndexOf((byte)',');
            ReadOnlySpan<byte> element = (comma < 0 ? list : list[..comma]).Trim(" \t"u8);
            if (!element.IsEmpty)
            {
                first = WithoutPort(element);
                return true;
            }

            list = comma < 0 ? default : list[(comma + 1)..];
        }

        first = default;
        return false;
    }

    private static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> element)
    {
        if (element[0] == (byte)'[')
        {
            int end = element.IndexOf((byte)']');
            return end < 0 ? element : element[1..end];
        }

        int colon = element.IndexOf((byte)':');
        // A second colon makes it an IPv6 address without brackets, which has no port.
        return colon > 0 && element[(colon + 1)..].IndexOf((byte)':') < 0 ? element[..colon] : element;
    }
}
