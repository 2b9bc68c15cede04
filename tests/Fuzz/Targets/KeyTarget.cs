using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Unkey.Engine.Keys;

namespace Unkey.Fuzz.Targets;

/// <summary>Presented keys, whose checksum is looked at before anything else.</summary>
internal sealed class KeyTarget : FuzzTarget
{
    private const string Digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private const string Marker = "_uk1_";
    private const int DigitCount = 6;

    /// <inheritdoc/>
    public override string Name => "key";

    /// <inheritdoc/>
    public override string Promise => "checksums of keys against CRC-32C bit by bit; one made for any bytes fits, and fits no longer when a byte changes";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words => [Marker, "_uk1_111111", "uk1", "z"];

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds() =>
        ((string[])["", "sk_3ZzmY7XkQvT1p2aBcDeFgHiJ", "a_uk1_111111", "_uk1_111111", "_uk1_11111", "caf\u00e9_uk1_zzzzzz"]).Select(static text => WithSuffix(Encoding.UTF8.GetBytes(text)))
            .Concat([[], [.. "a_uk1_111111"u8]]);

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        Demand(KeyChecksum.IsBroken(input) == IsBroken(input), "the reference disagrees about " + Convert.ToHexString(input));
        Layouts.AtGuardPage(input, static sequence => KeyChecksum.IsBroken(sequence.FirstSpan));
        byte[] whole = WithSuffix(input);
        Demand(!KeyChecksum.IsBroken(whole), "a checksum that was made does not fit");
        if (input.Length > 0)
        {
            int at = input[0] % input.Length;
            whole[at] ^= 0x10;
            Demand(KeyChecksum.IsBroken(whole), $"a change at {at} is not noticed");
        }
    }

    private static byte[] WithSuffix(byte[] key)
    {
        byte[] whole = [.. key, .. new byte[KeyChecksum.Length]];
        KeyChecksum.WriteSuffix(key, whole.AsSpan(key.Length));
        return whole;
    }

    private static bool IsBroken(byte[] key)
    {
        string text = Encoding.Latin1.GetString(key);
        int end = text.Length - DigitCount;
        if (end < Marker.Length || !text[..end].EndsWith(Marker, StringComparison.Ordinal))
        {
            return false;
        }

        ulong stated = 0;
        foreach (char digit in text[end..])
        {
            int value = Digits.IndexOf(digit, StringComparison.Ordinal);
            if (value < 0)
            {
                return true;
            }

            stated = (stated * 58) + (ulong)value;
        }

        return stated != Crc32C(key.AsSpan(0, end));
    }

    // RFC 3720, section 12.1: the reflected polynomial, one bit after the other.
    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F6_3B78);
            }
        }

        return ~crc;
    }
}
