using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Unkey.Engine.Keys;

/// <summary>The keyed hash that places digests in the table.</summary>
/// <remarks>
/// Imported digests are chosen by tenants, so the place must not follow from the digest alone. All 32 bytes take part (two digests that share
/// 16 bytes are as far apart as any two), each word meets its own secret, and three folded 64x64-bit multiplications mix them:
/// <code>tag = fold( (fold((w0 ^ s0) * (w1 ^ s1)) ^ s4) * (fold((w2 ^ s2) * (w3 ^ s3)) ^ s5) )</code>
/// The second level breaks the arithmetic progressions that a single multiplication would keep. The 384 secret bits are drawn a table, leave the process
/// only for a file that its owner alone can read, and nothing an API answers depends on the order of slots. About 3 ns; a full SipHash would take 15.
/// Source: the folded multiplication of wyhash (Wang Yi) and rapidhash, with secrets in place of their constants.
/// </remarks>
internal readonly struct DigestHash
{
    /// <summary>Bytes of a secret.</summary>
    public const int SecretBytes = 6 * sizeof(ulong);

    private readonly ulong _secret0;
    private readonly ulong _secret1;
    private readonly ulong _secret2;
    private readonly ulong _secret3;
    private readonly ulong _secret4;
    private readonly ulong _secret5;

    private DigestHash(ReadOnlySpan<ulong> secrets)
    {
        _secret0 = secrets[0];
        _secret1 = secrets[1];
        _secret2 = secrets[2];
        _secret3 = secrets[3];
        _secret4 = secrets[4];
        _secret5 = secrets[5];
    }

    /// <summary>Draws a new secret.</summary>
    public static DigestHash CreateRandom()
    {
        Span<ulong> secrets = stackalloc ulong[6];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(secrets));
        return new DigestHash(secrets);
    }

    /// <summary>Takes the secret of an earlier table.</summary>
    /// <param name="secret"><see cref="SecretBytes"/> bytes.</param>
    public static DigestHash FromBytes(ReadOnlySpan<byte> secret) => secret.Length == SecretBytes
        ? new DigestHash(MemoryMarshal.Cast<byte, ulong>(secret))
        : throw new ArgumentException("A secret has 48 bytes.", nameof(secret));

    /// <summary>The secret.</summary>
    public byte[] ToBytes()
    {
        ulong[] words = [_secret0, _secret1, _secret2, _secret3, _secret4, _secret5];
        return MemoryMarshal.AsBytes(words.AsSpan()).ToArray();
    }

    /// <summary>The tag of a digest: 64 bits, never 0.</summary>
    [HotPath]
    public ulong Tag(in KeyDigest digest)
    {
        ulong low = TextHash.Fold(digest.Word0 ^ _secret0, digest.Word1 ^ _secret1);
        ulong high = TextHash.Fold(digest.Word2 ^ _secret2, digest.Word3 ^ _secret3);
        ulong tag = TextHash.Fold(low ^ _secret4, high ^ _secret5);
        return tag != 0 ? tag : 1;
    }
}
