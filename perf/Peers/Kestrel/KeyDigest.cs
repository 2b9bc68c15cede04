using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Unkey.Peers.Kestrel;

/// <summary>SHA-256 of a key as a dictionary key.</summary>
internal readonly record struct KeyDigest(long A, long B, long C, long D)
{
    internal static KeyDigest Of(string key)
    {
        Span<byte> utf8 = stackalloc byte[Encoding.UTF8.GetMaxByteCount(512)];
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(key, utf8)], hash);
        return Of(hash);
    }

    internal static KeyDigest Of(ReadOnlySpan<byte> hash)
    {
        ReadOnlySpan<long> words = MemoryMarshal.Cast<byte, long>(hash);
        return new KeyDigest(words[0], words[1], words[2], words[3]);
    }

    // A digest is uniform already.
    public override int GetHashCode() => (int)A;
}
