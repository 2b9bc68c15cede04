using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Unkey.Protocol;

/// <summary>Byte sets, compares and decimal numbers of the ASCII protocols. Any thread; nothing allocates or throws.</summary>
/// <remarks>The number readers of the framework are not used: they take signs, blanks or trailing bytes, which a
/// protocol must not (reading <c>Content-Length: +5</c> as 5 is how two servers come to disagree).</remarks>
public static class Ascii
{
    /// <summary>RFC 9110 5.6.2: the bytes of a token.</summary>
    internal static readonly SearchValues<byte> Token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>The bytes that end or break a line: every control byte but HTAB, and DEL.</summary>
    internal static readonly SearchValues<byte> LineBreaking = SearchValues.Create(
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127,
    ]);

    /// <summary>Whether two names are equal when the case of ASCII letters does not matter.</summary>
    /// <param name="left">Any bytes.</param>
    /// <param name="right">Any bytes.</param>
    /// <returns><see langword="true"/> when the lengths are equal and each pair of bytes is, letters in either case.</returns>
    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        for (int i = 0; i < left.Length; i++)
        {
            if (ToLower(left[i]) != ToLower(right[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The lower-case form of an ASCII letter; any other byte as it is.</summary>
    /// <param name="value">Any byte.</param>
    /// <returns>The lower-case letter or <paramref name="value"/>.</returns>
    public static byte ToLower(byte value) => (uint)(value - 'A') <= 'Z' - 'A' ? (byte)(value | 0x20) : value;

    /// <summary>Reads a whole span as an unsigned decimal number: digits only.</summary>
    /// <param name="digits">One digit or more, leading zeros allowed, nothing else.</param>
    /// <param name="value">The number, 0 to 2^63-1; zero when the result is <see langword="false"/>.</param>
    /// <returns><see langword="false"/> when the span is empty, has another byte, or the number does not fit.</returns>
    /// <remarks>O(n) in the number of digits.</remarks>
    [HotPath]
    public static bool TryParseUnsigned(ReadOnlySpan<byte> digits, out long value)
    {
        long result = 0;
        value = 0;
        if (digits.IsEmpty)
        {
            return false;
        }

        foreach (byte b in digits)
        {
            uint digit = (uint)(b - '0');

            // The check comes before the arithmetic: nothing wraps.
            if (digit > 9 || result > (long.MaxValue - digit) / 10)
            {
                return false;
            }

            result = (result * 10) + digit;
        }

        value = result;
        return true;
    }

    /// <summary>The value of a hexadecimal digit.</summary>
    /// <param name="value">Any byte.</param>
    /// <returns>0 to 15, or -1 when the byte is no hexadecimal digit.</returns>
    public static int HexValue(byte value)
    {
        uint digit = (uint)(value - '0');
        if (digit <= 9)
        {
            return (int)digit;
        }

        uint letter = (uint)((value | 0x20) - 'a');
        return letter <= 5 ? (int)letter + 10 : -1;
    }

    /// <summary>Writes a number in decimal.</summary>
    /// <param name="destination">Where to write; 20 bytes are enough for any number.</param>
    /// <param name="value">Any number.</param>
    /// <param name="written">Bytes written; zero when the result is <see langword="false"/>.</param>
    /// <returns><see langword="false"/> when the destination is too short; its content is undefined then, and behind <paramref name="written"/> always.</returns>
    /// <remarks>Written here for what every answer has, balances and times, because the framework's formatter takes several times the instructions.</remarks>
    [HotPath]
    public static bool TryWrite(Span<byte> destination, long value, out int written)
    {
        const long EightDigitsMax = 99_999_999;
        if ((ulong)value > EightDigitsMax * (EightDigitsMax + 2) || destination.Length < 2 * sizeof(ulong))
        {
            return Utf8Formatter.TryFormat(value, destination, out written);
        }

        ulong high = (ulong)value / (EightDigitsMax + 1);
        if (high == 0)
        {
            written = WriteTrimmed(destination, EightDigits((uint)value));
            return true;
        }

        written = WriteTrimmed(destination, EightDigits((uint)high));
        BinaryPrimitives.WriteUInt64LittleEndian(destination[written..], EightDigits((uint)((ulong)value - (high * (EightDigitsMax + 1)))));
        written += sizeof(ulong);
        return true;
    }

    /// <summary>The eight digits of a number below 10^8, the first one in the lowest byte: halves of it, of these and of these, all at once.</summary>
    /// <remarks>Source: Paul Khuong, "How to print integers really fast" (2017).</remarks>
    private static ulong EightDigits(uint value)
    {
        const ulong Zeros = 0x3030303030303030;
        uint thousands = value / 10_000;
        ulong halves = thousands | ((ulong)(value - (thousands * 10_000)) << 32);

        // Times 10486 and 103, shifted, is divided by 100 and by 10 for all numbers that come up.
        ulong hundreds = ((halves * 10_486) >> 20) & 0x0000007F_0000007F;
        ulong pairs = ((halves - (hundreds * 100)) << 16) + hundreds;
        ulong tens = ((pairs * 103) >> 10) & 0x000F_000F_000F_000F;
        return (tens + ((pairs - (tens * 10)) << 8)) | Zeros;
    }

    // Without leading zeros, but for the last digit. Writes eight bytes, of which the first ones count.
    private static int WriteTrimmed(Span<byte> destination, ulong digits)
    {
        const ulong Zeros = 0x3030303030303030;
        const ulong LastDigit = 1UL << 56;
        int zeros = BitOperations.TrailingZeroCount((digits ^ Zeros) | LastDigit) / 8;
        BinaryPrimitives.WriteUInt64LittleEndian(destination, digits >> (zeros * 8));
        return sizeof(ulong) - zeros;
    }

    /// <summary>Whether a byte is SP or HTAB.</summary>
    internal static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t';

    /// <summary>Compares 8 to 16 bytes with a name of the same length, made of lower-case letters and hyphens.</summary>
    /// <remarks>Bit 5 is set where the name has a letter (and so bit 6), which maps the capital to the small letter and
    /// nothing else to it. A hyphen is compared as it is: CR with bit 5 set would be one.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool NameEquals(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> lowerName)
    {
        ulong head = BinaryPrimitives.ReadUInt64LittleEndian(lowerName);
        ulong tail = BinaryPrimitives.ReadUInt64LittleEndian(lowerName[^8..]);
        const ulong Letters = 0x4040404040404040;
        return (((BinaryPrimitives.ReadUInt64LittleEndian(bytes) | ((head & Letters) >> 1)) ^ head)
            | ((BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]) | ((tail & Letters) >> 1)) ^ tail)) == 0;
    }

    /// <summary>Compares 4 to 8 bytes with a name of the same length; see <see cref="NameEquals"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool ShortNameEquals(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> lowerName)
    {
        uint head = BinaryPrimitives.ReadUInt32LittleEndian(lowerName);
        uint tail = BinaryPrimitives.ReadUInt32LittleEndian(lowerName[^4..]);
        const uint Letters = 0x40404040;
        return (((BinaryPrimitives.ReadUInt32LittleEndian(bytes) | ((head & Letters) >> 1)) ^ head)
            | ((BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) | ((tail & Letters) >> 1)) ^ tail)) == 0;
    }
}
