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
/// The result is only meaningful inside one process: it must never be stored or sent.
/// </remarks>
public readonly struct KeyedHash
{
    private readonly ulong _k0;
    private readonly ulong _k1;

    /// <summary>Takes a given key; a test vector or a reproducible simulation needs it, a server uses <see cref="CreateRandom"/>.</summary>
    /// <param name="key">Exactly 16 bytes, read as two little-endian words.</param>
    public KeyedHash(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, 16);
        _k0 = BinaryPrimitives.ReadUInt64LittleEndian(key);
        _k1 = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
    }

    /// <summary>Draws a fresh key from the system's generator. Cold.</summary>
    /// <returns>A hash that agrees with no other one.</returns>
    public static KeyedHash CreateRandom()
    {
        Span<byte> key = stackalloc byte[16];
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
            Word((ulong)part.Length);
            ReadOnlySpan<byte> tail = Words(part);
            if (tail.Length > 0)
            {
                Word(Padded(tail));
            }

            _length += 8 + (((ulong)part.Length + 7) & ~7UL);
        }

        /// <summary>Adds a fixed part of eight bytes. The caller's sequence of calls is fixed, so it needs no frame.</summary>
        /// <param name="value">Any value.</param>
        [HotPath]
        public void Add(ulong value)
        {
            Word(value);
            _length += 8;
        }

        /// <summary>Ends the hash. The state must not be used again.</summary>
        /// <returns>The standard hash of the framed bytes.</returns>
        [HotPath]
        public UInt128 Finish() => FinishWithTail(default);

        internal UInt128 FinishWithTail(ReadOnlySpan<byte> data)
        {
            ReadOnlySpan<byte> tail = Words(data);
            _length += (ulong)data.Length;
            Word((_length << 56) | Padded(tail));

            _v2 ^= 0xee;
            Round();
            Round();
            Round();
            Round();
            ulong low = _v0 ^ _v1 ^ _v2 ^ _v3;
            _v1 ^= 0xdd;
            Round();
            Round();
            Round();
            Round();
            return new UInt128(_v0 ^ _v1 ^ _v2 ^ _v3, low);
        }

        /// <summary>Consumes the whole words and hands back the 0 to 7 bytes that remain.</summary>
        private ReadOnlySpan<byte> Words(ReadOnlySpan<byte> data)
        {
            // BOUND: eight bytes leave the input in each turn.
            while (data.Length >= 8)
            {
                Word(BinaryPrimitives.ReadUInt64LittleEndian(data));
                data = data[8..];
            }

            return data;
        }

        private static ulong Padded(ReadOnlySpan<byte> tail)
        {
            ulong word = 0;
            for (int i = 0; i < tail.Length; i++)
            {
                word |= (ulong)tail[i] << (8 * i);
            }

            return word;
        }

        private void Word(ulong word)
        {
            _v3 ^= word;
            Round();
            Round();
            _v0 ^= word;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Round()
        {
            _v0 += _v1;
            _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
            _v0 = BitOperations.RotateLeft(_v0, 32);
            _v2 += _v3;
            _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
            _v0 += _v3;
            _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
            _v2 += _v1;
            _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
            _v2 = BitOperations.RotateLeft(_v2, 32);
        }
    }
}
