using System;

namespace Unkey.Engine.Namespaces;

/// <summary>Matching of one pattern: <c>*</c> is any run of bytes, everything else is itself; anchored at both ends, case-sensitive.</summary>
/// <remarks>
/// Bytes are enough for UTF-8: a match cannot begin or end inside a character, because the literal parts are whole characters.
/// Leftmost matching of the literal parts is exact for patterns whose only wildcard is a run of anything. Any thread, no allocation.
/// </remarks>
public static class WildcardPattern
{
    /// <summary>Whether the whole text matches.</summary>
    /// <param name="pattern">The pattern, UTF-8.</param>
    /// <param name="text">The text, UTF-8; may be empty.</param>
    /// <remarks>O(parts x text) in the worst case; both are bounded by the contract.</remarks>
    [HotPath]
    public static bool IsMatch(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text)
    {
        int star = pattern.IndexOf((byte)'*');
        if (star < 0)
        {
            return pattern.SequenceEqual(text);
        }

        int lastStar = pattern.LastIndexOf((byte)'*');
        ReadOnlySpan<byte> prefix = pattern[..star];
        ReadOnlySpan<byte> suffix = pattern[(lastStar + 1)..];
        if (text.Length < prefix.Length + suffix.Length || !text.StartsWith(prefix) || !text.EndsWith(suffix))
        {
            return false;
        }

        ReadOnlySpan<byte> parts = lastStar > star ? pattern[(star + 1)..lastStar] : default;
        ReadOnlySpan<byte> rest = text[prefix.Length..^suffix.Length];

        // BOUND: each turn drops a part of the pattern.
        while (!parts.IsEmpty)
        {
            int end = parts.IndexOf((byte)'*');
            ReadOnlySpan<byte> part = end < 0 ? parts : parts[..end];
            int at = rest.IndexOf(part);
            if (at < 0)
            {
                return false;
            }

            rest = rest[(at + part.Length)..];
            parts = end < 0 ? default : parts[(end + 1)..];
        }

        return true;
    }
}
