using System;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Unkey.Engine.Keys;

/// <summary>A 64-bit hash of a short text (permission slug, limit name), keyed with a secret of this process.</summary>
/// <remarks>
/// A filter in front of a comparison of all bytes, never a proof of equality: a collision costs a comparison. Sixteen bytes a step, each step
/// a 64x64-bit multiplication folded to 64 bits. The value differs from process to process and is not stored. Any thread; no allocation.
/// Source: the folded multiplication of wyhash (Wang Yi) with random secrets.
/// </remarks>
public static class TextHash
{
    private static readonly ulong s_secret0 = Secret();
    private static readonly ulong s_secret1 = Secret();

    /// <summary>Hashes a text of any length.</summary>
    [HotPath]
    public static ulong Of(ReadOnlySpan<byte> text)
    {
        ulong hash = (ulong)text.Length;

        // BOUND: each turn takes 16 bytes off.
        while (text.Length >= 16)
        {
            hash = Step(hash, BinaryPrimitives.ReadUInt64LittleEndian(text), BinaryPrimitives.ReadUInt64LittleEndian(text[8..]));
            text = text[16..];
        }

        ulong first = 0;
        ulong second = 0;
        if (text.Length >= 8)
        {
            // Two overlapping reads cover 8 to 15 bytes; the length in the seed keeps overlaps apart.
            first = BinaryPrimitives.ReadUInt64LittleEndian(text);
            second = BinaryPrimitives.ReadUInt64LittleEndian(text[^8..]);
        }
        else if (text.Length >= 4)
        {
            first = BinaryPrimitives.ReadUInt32LittleEndian(text);
            second = BinaryPrimitives.ReadUInt32LittleEndian(text[^4..]);
        }
        else if (text.Length > 0)
        {
            first = text[0] | ((ulong)text[text.Length >> 1] << 8);
            second = text[^1];
        }

        return Step(hash, first, second);
    }

    /// <summary>The 128-bit product of two words, its halves folded into one.</summary>
    internal static ulong Fold(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return high ^ low;
    }

    private static ulong Step(ulong hash, ulong first, ulong second) => Fold(first ^ s_secret0 ^ hash, second ^ s_secret1);

    private static ulong Secret() => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)) | 1;
}
