using System;
using System.Buffers.Binary;
using System.Numerics;

namespace Unkey.Engine.Keys;

/// <summary>
/// The checksum at the end of keys that were made with one: <c>…_uk1_</c> and six base58 digits, the CRC-32C of everything before them. A key whose
/// digits do not fit was never issued, so it is refused without a hash and without a lookup, and a secret scanner can tell a leaked key from a word.
/// </summary>
/// <remarks>
/// It proves nothing: anybody can compute it, and whether a key exists only the table knows. A key that lacks the marker is not looked at. A key that was
/// made elsewhere carries the marker at just this place by accident only: once in 10⁹ among keys of base64url digits, never among those of base62.
/// The checksum is CRC-32C (Castagnoli), RFC 3720 section 12.1, which processors compute. Stateless.
/// </remarks>
public static class KeyChecksum
{
    /// <summary>Bytes that the checksum adds to a key: the marker and the digits.</summary>
    public const int Length = 11;

    private const int DigitCount = 6; // 58^6 is more than 2^32.

    private static ReadOnlySpan<byte> Marker => "_uk1_"u8;

    private static ReadOnlySpan<byte> Digits => "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"u8;

    /// <summary>Whether a key carries a checksum that does not fit.</summary>
    /// <param name="key">The whole key, of any content and length.</param>
    [HotPath]
    public static bool IsBroken(ReadOnlySpan<byte> key)
    {
        if (key.Length < Length || !key[^Length..^DigitCount].SequenceEqual(Marker))
        {
            return false;
        }

        Span<byte> digits = stackalloc byte[DigitCount];
        WriteDigits(~Crc32C(uint.MaxValue, key[..^DigitCount]), digits);
        return !key[^DigitCount..].SequenceEqual(digits);
    }

    /// <summary>Writes what makes <paramref name="key"/> one with a checksum: what is to follow it.</summary>
    /// <param name="key">The key so far, UTF-8.</param>
    /// <param name="suffix">Where to; at least <see cref="Length"/> bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="suffix"/> is too short.</exception>
    public static void WriteSuffix(ReadOnlySpan<byte> key, Span<byte> suffix)
    {
        Marker.CopyTo(suffix);
        uint crc = Crc32C(Crc32C(uint.MaxValue, key), Marker);
        WriteDigits(~crc, suffix[Marker.Length..Length]);
    }

    private static uint Crc32C(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }

    private static void WriteDigits(uint value, Span<byte> digits)
    {
        for (int i = DigitCount - 1; i >= 0; i--)
        {
            digits[i] = Digits[(int)(value % 58)];
            value /= 58;
        }
    }
}
