using System;
using System.Buffers;

namespace Unkey.Protocol;

/// <summary>Judges the authority of a Host field or a target (RFC 3986 3.2 without user information). Any thread; nothing
/// allocates.</summary>
internal static class Authority
{
    /// <summary>The bytes of a registered name. The comma is left out on purpose: in a Host field it looks like a list of two
    /// hosts to one server and like one strange name to another.</summary>
    private static readonly SearchValues<byte> s_name = SearchValues.Create(
        "-._~!$&'()*+;=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> s_ipLiteral = SearchValues.Create("0123456789ABCDEFabcdef:."u8);

    /// <summary>Whether the bytes are a host that is not empty, with or without a port of at most five digits.</summary>
    /// <param name="authority">Any bytes.</param>
    /// <returns>Whether they are valid.</returns>
    [HotPath]
    public static bool IsValid(ReadOnlySpan<byte> authority)
    {
        int hostLength = authority.IndexOfAnyExcept(s_name);
        if (hostLength < 0)
        {
            return !authority.IsEmpty;
        }

        return authority[hostLength] == (byte)':'
            ? hostLength > 0 && IsPort(authority[(hostLength + 1)..])
            : IsValidSlow(authority);
    }

    private static bool IsValidSlow(ReadOnlySpan<byte> authority)
    {
        if (authority[0] == (byte)'[')
        {
            int close = authority.IndexOf((byte)']');
            return close > 2
                && !authority[1..close].ContainsAnyExcept(s_ipLiteral)
                && (close + 1 == authority.Length || (authority[close + 1] == (byte)':' && IsPort(authority[(close + 2)..])));
        }

        int position = 0;
        while (position < authority.Length && authority[position] != (byte)':')
        {
            if (authority[position] == (byte)'%')
            {
                if (authority.Length - position < 3 || Ascii.HexValue(authority[position + 1]) < 0
                    || Ascii.HexValue(authority[position + 2]) < 0)
                {
                    return false;
                }

                position += 3;
            }
            else if (s_name.Contains(authority[position]))
            {
                position++;
            }
            else
            {
                return false;
            }
        }

        return position > 0 && (position == authority.Length || IsPort(authority[(position + 1)..]));
    }

    // RFC: 3986 3.2.3, port = *DIGIT, so "a:" is valid. Five digits hold every port there is.
    private static bool IsPort(ReadOnlySpan<byte> port) => port.Length <= 5 && !port.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
