using System;

namespace Unkey.Protocol;

/// <summary>Reads the four forms of a request target (RFC 9112 3.2). Any thread; nothing allocates or throws.</summary>
internal static class RequestTarget
{
    /// <summary>Finds path and query in a target that is known to be visible ASCII.</summary>
    /// <param name="method">The method decides which forms are allowed.</param>
    /// <param name="target">One byte or more, each 0x21 to 0x7E.</param>
    /// <param name="parts">Where path and query are.</param>
    /// <returns><see langword="false"/> when the form is not one that this method has, or there is a fragment.</returns>
    [HotPath]
    public static bool TryParse(HttpMethod method, ReadOnlySpan<byte> target, out TargetParts parts)
    {
        parts = default;
        if (method == HttpMethod.Connect)
        {
            // RFC: 9112 3.2.3, authority-form: the host and the port, and the port is not optional.
            return target.IndexOf((byte)'#') < 0 && Authority.IsValid(target) && Ascii.HexValue(target[^1]) is >= 0 and <= 9
                && target.Contains((byte)':');
        }

        if (target[0] == (byte)'/')
        {
            return TrySplit(target, 0, ref parts);
        }

        if (target.Length == 1 && target[0] == (byte)'*')
        {
            // RFC: 9112 3.2.4, asterisk-form is for OPTIONS only.
            parts.PathLength = 1;
            return method == HttpMethod.Options;
        }

        return TryParseAbsolute(target, ref parts);
    }

    // RFC: 9112 3.2.2, absolute-form must be accepted by every server.
    private static bool TryParseAbsolute(ReadOnlySpan<byte> target, ref TargetParts parts)
    {
        int authorityOffset;
        if (target.Length > 7 && Ascii.EqualsIgnoreCase(target[..7], "http://"u8))
        {
            authorityOffset = 7;
        }
        else if (target.Length > 8 && Ascii.EqualsIgnoreCase(target[..8], "https://"u8))
        {
            authorityOffset = 8;
        }
        else
        {
            return false;
        }

        ReadOnlySpan<byte> rest = target[authorityOffset..];
        int authorityLength = rest.IndexOfAny((byte)'/', (byte)'?', (byte)'#');
        if (authorityLength < 0)
        {
            authorityLength = rest.Length;
        }

        parts.IsAbsolute = true;
        return Authority.IsValid(rest[..authorityLength]) && TrySplit(target, authorityOffset + authorityLength, ref parts);
    }

    private static bool TrySplit(ReadOnlySpan<byte> target, int pathOffset, ref TargetParts parts)
    {
        ReadOnlySpan<byte> path = target[pathOffset..];
        parts.PathOffset = pathOffset;
        parts.PathLength = path.Length;
        int end = path.IndexOfAny((byte)'?', (byte)'#');
        if (end < 0)
        {
            return true;
        }

        // RFC: 9112 3.2, a fragment is no part of a request target.
        if (path[end] == (byte)'#' || path[end..].Contains((byte)'#'))
        {
            return false;
        }

        parts.PathLength = end;
        parts.QueryOffset = pathOffset + end + 1;
        parts.QueryLength = path.Length - end - 1;
        return true;
    }
}
