using System;
using System.Security.Cryptography;

namespace Unkey.Server.ControlPlane.Encryption;

/// <summary>A key that encrypts data keys: 256 random bits that the operator keeps. Immutable, any thread.</summary>
internal sealed class MasterKey
{
    /// <summary>Bytes of a master key: AES-256.</summary>
    public const int ByteCount = 32;

    private const int IdBytes = 8;

    private readonly byte[] _bytes;

    /// <summary>Takes a key.</summary>
    /// <param name="bytes">Exactly 32 bytes; copied.</param>
    public MasterKey(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, ByteCount);
        _bytes = bytes.ToArray();
        Id = Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, IdBytes));
    }

    /// <summary>First 8 bytes of the key's SHA-256 in lower-case hexadecimal: stored beside what the key has encrypted.</summary>
    public string Id { get; }

    /// <summary>The secret.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Shows the id, never the key.</summary>
    public override string ToString() => Id;
}
