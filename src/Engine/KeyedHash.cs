using System;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Unkey.Engine;

/// <summary>
/// SipHash-2-4 with a 128-bit result under a secret key: the place of anything a tenant may choose (rate-limit identifiers, imported
/// digests) comes from here, so nobody outside the process can aim at one group of a table.
/// Immutable and safe from any thread. Never blocks, allocates or throws.
/// </summary>
/// <remarks>
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with the 128-bit output of the reference code.
/// A result means something only beside the key that made it, and is as secret: it must not be sent anywhere.
/// </remarks>
public readonly struct KeyedHash
{
    /// <summary>Bytes of a key.</summary>
    public const int KeyBytes = 16;

    private readonly ulong _k0;
    private readonly ulong _k1;

    /// <summary>Takes a given key: one that is kept over a restart, a test vector, a reproducible simulation.</summary>
    /// <param name="key">Exactly <see cref="KeyBytes"/>, read as two little-endian words.</param>
    public KeyedHash(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyBytes);
        _k0 = BinaryPrimitives.ReadUInt64LittleEndian(key);
        _k1 = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
    }

    /// <summary>Draws a fresh key from the system's generator. Cold.</summary>
    /// <returns>A hash that agrees with no other one.</returns>
    public static KeyedHash CreateRandom()
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        RandomNumberGenerator.Fill(key);
        KeyedHash hash = new(key);
        CryptographicOperations.ZeroMemory(key);
        return hash;
    }

    /// <summary>Hashes one byte string.</summary>
    /// <param name="data">Any bytes, any length; linear in it.</param>
    /// <returns>128 bits; the low half is the first eight bytes of the reference output.</returns>
    [HotPath]
    public UInt128 Hash(ReadOnlySpan<byte> data)
    {
        Parts state = Begin();
        return state.FinishWithTail(data);
    }

    /// <summary>Starts a hash over several parts. Same thread safety: the returned state belongs to the caller alone.</summary>
    /// <returns>A state that expects <see cref="Parts.Add(ReadOnlySpan{byte})"/> calls and one <see cref="Parts.Finish"/>.</returns>
    [HotPath]
    public Parts Begin() => new(_k0, _k1);

    /// <summary>
    /// Incremental state. Every part is framed as its length in eight bytes, then its bytes, then zeros to the next multiple of eight,
    /// so ("ab","c") and ("a","bc") never meet, and no partial word has to be carried from part to part.
    /// </summary>
    public ref struct Parts
    {
        private ulong _v0;
        private ulong _v1;
        private ulong _v2;
        private ulong _v3;
        private ulong _length;

        internal Parts(ulong k0, ulong k1)
        {
            _v0 = k0 ^ 0x736f6d6570736575UL;
            _v1 = k1 ^ 0x646f72616e646f6dUL ^ 0xeeUL;
            _v2 = k0 ^ 0x6c7967656e657261UL;
            _v3 = k1 ^ 0x7465646279746573UL;
        }

        /// <summary>Adds a part of any length.</summary>
        /// <param name="part">Any bytes, possibly none (an empty part is not the same as no part).</param>
        [HotPath]
        public void Add(ReadOnlySpan<byte> part)
        {
            ulong v0 = _v0;
            ulong v1 = _v1;
            ulong v2 = _v2;
            ulong v3 = _v3;
            Word((ulong)part.Length, ref v0, ref v1, ref v2, ref v3);
            Words(part, ref v0, ref v1, ref v2, ref v3);
            if (part.Length % sizeof(ulong) > 0)
            {
                Word(Tail(part), ref v0, ref v1, ref v2, ref v3);
            }

            _v0 = v0;
            _v1 = v1;
            _v2 = v2;
            _v3 = v3;
            _length += 8 + (((ulong)part.Length + 7) & ~7UL);
        }

        /// <summary>Adds a fixed part of eight bytes. The caller's sequence of calls is fixed, so it needs no frame.</summary>
        /// <param name="value">Any value.</param>
        [HotPath]
        public void Add(ulong value)
        {
            ulong v0 = _v0;
            ulong v1 = _v1;
            ulong v2 = _v2;
            ulong v3 = _v3;
            Word(value, ref v0, ref v1, ref v2, ref v3);
            _v0 = v0;
            _v1 = v1;
            _v2 = v2;
            _v3 = v3;
            _length += 8;
        }

        /// <summary>Ends the hash. The state must not be used again.</summary>
        /// <returns>The standard hash of the framed bytes.</returns>
        [HotPath]
        public UInt128 Finish() => FinishWithTail(default);

        internal UInt128 FinishWithTail(ReadOnlySpan<byte> data)
        {
            ulong v0 = _v0;
            ulong v1 = _v1;
            ulong v2 = _v2;
            ulong v3 = _v3;
            Words(data, ref v0, ref v1, ref v2, ref v3);
            _length += (ulong)data.Length;
            Word((_length << 56) | Tail(data), ref v0, ref v1, ref v2, ref v3);

            v2 ^= 0xee;
            FourRounds(ref v0, ref v1, ref v2, ref v3);
            ulong low = v0 ^ v1 ^ v2 ^ v3;
            v1 ^= 0xdd;
            FourRounds(ref v0, ref v1, ref v2, ref v3);
            return new UInt128(v0 ^ v1 ^ v2 ^ v3, low);
        }

        /// <summary>Consumes the whole words; 0 to 7 bytes remain.</summary>
        /// <remarks>The state travels in locals, which live in registers; in fields every round would go through memory.</remarks>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Words(ReadOnlySpan<byte> data, ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
        {
            // BOUND: eight bytes leave the input in each turn.
            while (data.Length >= 8)
            {
                Word(BinaryPrimitives.ReadUInt64LittleEndian(data), ref v0, ref v1, ref v2, ref v3);
                data = data[8..];
            }
        }

        /// <summary>The 0 to 7 bytes behind the whole words, zeros behind them.</summary>
        private static ulong Tail(ReadOnlySpan<byte> data)
        {
            int bytes = data.Length % sizeof(ulong);
            if (bytes == 0)
            {
                return 0;
            }

            if (data.Length >= sizeof(ulong))
            {
                // The last word, without what was in the one before it.
                return BinaryPrimitives.ReadUInt64LittleEndian(data[^sizeof(ulong)..]) >> (8 * (sizeof(ulong) - bytes));
            }

            ulong word = 0;
            for (int i = 0; i < bytes; i++)
            {
                word |= (ulong)data[i] << (8 * i);
            }

            return word;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Word(ulong word, ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
        {
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void FourRounds(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
        {
            v0 += v1;
            v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
            v0 = BitOperations.RotateLeft(v0, 32);
            v2 += v3;
            v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
            v2 = BitOperations.RotateLeft(v2, 32);
        }
    }
}
