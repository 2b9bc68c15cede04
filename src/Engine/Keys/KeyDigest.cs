using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Unkey.Engine.Keys;

/// <summary>The SHA-256 of a key: what the table is searched by and the only form in which a key is kept.</summary>
/// <remarks>32 bytes, in the order SHA-256 gives them. A value; any thread. Equality takes the same time wherever two digests differ.</remarks>
[StructLayout(LayoutKind.Sequential, Size = Sha256.DigestBytes)]
public readonly struct KeyDigest : IEquatable<KeyDigest>
{
    internal readonly ulong Word0;
    internal readonly ulong Word1;
    internal readonly ulong Word2;
    internal readonly ulong Word3;

    internal KeyDigest(ulong word0, ulong word1, ulong word2, ulong word3)
    {
        Word0 = word0;
        Word1 = word1;
        Word2 = word2;
        Word3 = word3;
    }

    /// <summary>The first 8 bytes, in the order of memory.</summary>
    internal ulong Prefix => Word0;

    /// <summary>Hashes a presented key.</summary>
    /// <param name="secretUtf8">The key as presented, verbatim.</param>
    [HotPath]
    [SkipLocalsInit]
    public static KeyDigest Of(ReadOnlySpan<byte> secretUtf8)
    {
        Span<byte> bytes = stackalloc byte[Sha256.DigestBytes];
        Sha256.Hash(secretUtf8, bytes);
        return MemoryMarshal.Read<KeyDigest>(bytes);
    }

    /// <summary>Takes a stored digest.</summary>
    /// <param name="digest">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException">Another length.</exception>
    public static KeyDigest FromBytes(ReadOnlySpan<byte> digest) => digest.Length == Sha256.DigestBytes
        ? MemoryMarshal.Read<KeyDigest>(digest)
        : throw new ArgumentException("A SHA-256 digest has 32 bytes.", nameof(digest));

    /// <summary>Writes the 32 bytes.</summary>
    /// <param name="destination">At least 32 bytes.</param>
    public void CopyTo(Span<byte> destination) => MemoryMarshal.Write(destination, in this);

    /// <summary>The 32 bytes in a new array. Cold.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Sha256.DigestBytes];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Compares all 32 bytes, without an early exit.</summary>
    [HotPath]
    public bool Equals(KeyDigest other) => Equals(in this, in other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyDigest other && Equals(in this, in other);

    /// <summary>For managed dictionaries on the cold side; seeded a process, because tenants choose digests.</summary>
    public override int GetHashCode() => HashCode.Combine(Word0, Word1, Word2, Word3);

    /// <summary>The first four bytes in hexadecimal: enough to tell test values apart, too little to search by.</summary>
    public override string ToString() => $"{System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)Word0):x8}...";

    /// <summary>Fixed-time equality.</summary>
    public static bool operator ==(KeyDigest left, KeyDigest right) => Equals(in left, in right);

    /// <summary>Fixed-time inequality.</summary>
    public static bool operator !=(KeyDigest left, KeyDigest right) => !Equals(in left, in right);

    /// <summary>The comparison behind the operators, without copies.</summary>
    internal static bool Equals(in KeyDigest left, in KeyDigest right)
    {
        // One OR over all differences: the time does not tell how many leading bytes agree.
        Vector256<ulong> a = Vector256.Create(left.Word0, left.Word1, left.Word2, left.Word3);
        Vector256<ulong> b = Vector256.Create(right.Word0, right.Word1, right.Word2, right.Word3);
        return (a ^ b) == Vector256<ulong>.Zero;
    }
}
