using System;
using System.Buffers.Binary;

namespace Unkey.Protocol;

/// <summary>The text of JSON strings: escapes and lengths. Any thread; nothing allocates.</summary>
public static class JsonText
{
    /// <summary>Resolves the escapes of a string that <see cref="JsonScanner"/> has accepted.</summary>
    /// <param name="raw">What <see cref="JsonScanner.Raw"/> was.</param>
    /// <param name="destination">At least as long as <paramref name="raw"/>; no text is longer than its escaped form.</param>
    /// <returns>Bytes of UTF-8 written.</returns>
    [HotPath]
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> destination)
    {
        int written = 0;

        // BOUND: each turn consumes one byte or more.
        while (true)
        {
            int plain = raw.IndexOf((byte)'\\');
            if (plain < 0)
            {
                raw.CopyTo(destination[written..]);
                return written + raw.Length;
            }

            raw[..plain].CopyTo(destination[written..]);
            written += plain;
            byte escape = raw[plain + 1];
            if (escape != (byte)'u')
            {
                destination[written++] = escape switch
                {
                    (byte)'b' => (byte)'\b',
                    (byte)'f' => (byte)'\f',
                    (byte)'n' => (byte)'\n',
                    (byte)'r' => (byte)'\r',
                    (byte)'t' => (byte)'\t',
                    _ => escape,
                };
                raw = raw[(plain + 2)..];
                continue;
            }

            int unit = HexUnit(raw[(plain + 2)..]);
            int length = 6;
            if ((unit & 0xF800) == 0xD800)
            {
                unit = 0x10000 + ((unit & 0x3FF) << 10) + (HexUnit(raw[(plain + 8)..]) & 0x3FF);
                length = 12;
            }

            written += WriteUtf8(unit, destination[written..]);
            raw = raw[(plain + length)..];
        }
    }

    /// <summary>Number of Unicode code points of a text.</summary>
    /// <param name="utf8">Valid UTF-8.</param>
    /// <returns>The number of bytes that are no continuation bytes.</returns>
    public static int CountCodePoints(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        foreach (byte b in utf8)
        {
            count += (b & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
    }

    /// <summary>Length of the escape at the start of <paramref name="text"/>, both halves of a surrogate pair together; 0 when
    /// invalid.</summary>
    internal static int EscapeLength(ReadOnlySpan<byte> text)
    {
        if (text.Length < 2)
        {
            return 0;
        }

        if (text[1] != (byte)'u')
        {
            return text[1] is (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t' ? 2 : 0;
        }

        int unit = EscapedUnit(text);
        if (unit < 0)
        {
            return 0;
        }

        if ((unit & 0xF800) != 0xD800)
        {
            return 6;
        }

        // A high surrogate followed by a low one, or nothing: a half has no UTF-8 form.
        return unit < 0xDC00 && (EscapedUnit(text[6..]) & ~0x3FF) == 0xDC00 ? 12 : 0;
    }

    /// <summary>The UTF-16 code unit of a <c>\uXXXX</c> at the start of some bytes, or -1 when there is none.</summary>
    private static int EscapedUnit(ReadOnlySpan<byte> text)
    {
        if (text.Length < 6 || text[0] != (byte)'\\' || text[1] != (byte)'u')
        {
            return -1;
        }

        // A digit that is none is -1, all bits set, and stays negative through the shifts and ors.
        int unit = HexUnit(text[2..]);
        return unit < 0 ? -1 : unit;
    }

    private static int HexUnit(ReadOnlySpan<byte> digits) =>
        (Ascii.HexValue(digits[0]) << 12) | (Ascii.HexValue(digits[1]) << 8) | (Ascii.HexValue(digits[2]) << 4) | Ascii.HexValue(digits[3]);

    private static int WriteUtf8(int codePoint, Span<byte> destination)
    {
        if (codePoint < 0x80)
        {
            destination[0] = (byte)codePoint;
            return 1;
        }

        if (codePoint < 0x800)
        {
            destination[1] = (byte)(0x80 | (codePoint & 0x3F));
            destination[0] = (byte)(0xC0 | (codePoint >> 6));
            return 2;
        }

        if (codePoint < 0x10000)
        {
            destination[2] = (byte)(0x80 | (codePoint & 0x3F));
            destination[1] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
            destination[0] = (byte)(0xE0 | (codePoint >> 12));
            return 3;
        }

        BinaryPrimitives.WriteUInt32BigEndian(destination, 0xF0808080u
            | ((uint)codePoint & 0x3F)
            | (((uint)codePoint & 0xFC0) << 2)
            | (((uint)codePoint & 0x3F000) << 4)
            | (((uint)codePoint & 0x1C0000) << 6));
        return 4;
    }
}
