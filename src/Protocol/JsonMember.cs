using System;

namespace Unkey.Protocol;

/// <summary>What the request readers share in reading members. Stateless; no allocation.</summary>
internal static class JsonMember
{
    /// <summary>Longest member name of any hot request, in characters.</summary>
    internal const int NameLengthMax = 13;

    /// <summary>Bytes that <see cref="Name"/> needs: the longest escape of a character is 6.</summary>
    internal const int NameBytesMax = NameLengthMax * 6;

    /// <summary>The name that has just been read, without escapes; empty when it is longer than any known one.</summary>
    /// <param name="scanner">Stands behind the name.</param>
    /// <param name="scratch"><see cref="NameBytesMax"/> bytes, used when the name has escapes: an escaped name equals the plain one.</param>
    [HotPath]
    internal static ReadOnlySpan<byte> Name(in JsonScanner scanner, Span<byte> scratch)
    {
        if (!scanner.HasEscapes)
        {
            return scanner.Raw;
        }

        return scanner.RawLength > NameBytesMax ? default : scratch[..JsonText.Unescape(scanner.Raw, scratch)];
    }

    /// <summary>Reads an integer literal.</summary>
    /// <returns>Whether the text is still valid JSON; <paramref name="isValid"/> says whether the value is one that is allowed.</returns>
    [HotPath]
    internal static bool TryReadInteger(ref JsonScanner scanner, long min, long max, out long value, out bool isValid)
    {
        value = 0;
        isValid = false;
        JsonToken token = scanner.Read();
        if (token != JsonToken.Number)
        {
            return scanner.TrySkip(token);
        }

        // The contract takes the literal and not the number: 5.0 and 1e2 are refused, -0 is 0.
        ReadOnlySpan<byte> digits = scanner.Raw;
        bool isNegative = digits[0] == (byte)'-';
        isValid = Ascii.TryParseUnsigned(isNegative ? digits[1..] : digits, out value)
            && value >= min && value <= max && (!isNegative || value == 0);
        return true;
    }
}
