using System;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Unkey.Server.Hot;

/// <summary>Makes request ids: <c>req_</c> and nine characters of <c>[0-9A-Za-z]</c>, 53 random bits.</summary>
/// <remarks>
/// One reactor thread. Ids must be unlikely to collide, not unguessable, so the generator is xoshiro256** (Blackman and
/// Vigna, 2018), seeded from the system's CSPRNG: about 10 ns an id where a system call would cost hundreds.
/// </remarks>
internal sealed class RequestIds
{
    /// <summary>Bytes of an id.</summary>
    internal const int Length = 13;

    private const int FractionBits = 58;

    private readonly byte[] _current = "req_000000000"u8.ToArray();
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    internal RequestIds()
    {
        Span<ulong> seed = stackalloc ulong[4];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(seed));
        (_s0, _s1, _s2, _s3) = (seed[0] | 1, seed[1], seed[2], seed[3]); // Never all zero.
    }

    private static ReadOnlySpan<byte> Alphabet => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8;

    /// <summary>The id that was made last; valid until the next call of <see cref="Next"/>.</summary>
    internal ReadOnlySpan<byte> Current => _current;

    /// <summary>The next id; valid until the next call.</summary>
    [HotPath]
    internal ReadOnlySpan<byte> Next()
    {
        // Each step takes the top digit of a fixed-point fraction in [0, 1): what lies above the point of fraction * 62. With 58 bits behind the
        // point the product fits a word, so no multiplication of two words is needed, which not every CPU that the binary runs on has.
        ulong fraction = NextRandom() >> (64 - FractionBits);
        Span<byte> digits = _current.AsSpan(4);
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            fraction *= 62;
            digits[i] = Alphabet[(int)(fraction >> FractionBits)];
            fraction &= (1UL << FractionBits) - 1;
        }

        return _current;
    }

    private ulong NextRandom()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }
}
