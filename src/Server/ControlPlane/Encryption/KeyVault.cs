using System;
using System.Security.Cryptography;
using System.Text;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Encryption;

/// <summary>Encrypts recoverable keys for the store and decrypts them. Immutable, any thread.</summary>
/// <remarks>
/// Envelope encryption: each key is encrypted under a random data key of its own, and the data key under the operator's master key, both with
/// AES-256-GCM (NIST SP 800-38D) and a fresh random 96-bit nonce. Id of the master key and key id are authenticated with both, so that a
/// ciphertext moved to another row, or under another master key, does not decrypt.
/// </remarks>
internal sealed class KeyVault
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly MasterKeyRing _ring;

    /// <summary>Opens the vault.</summary>
    /// <param name="ring">The master keys.</param>
    public KeyVault(MasterKeyRing ring) => _ring = ring;

    /// <summary>Encrypts a key under the current master key.</summary>
    /// <param name="keyId">Key id.</param>
    /// <param name="text">The whole key.</param>
    public EncryptedKeyRow Encrypt(string keyId, string text)
    {
        Span<byte> dataKey = stackalloc byte[MasterKey.ByteCount];
        RandomNumberGenerator.Fill(dataKey);
        byte[] plain = Encoding.UTF8.GetBytes(text);
        try
        {
            MasterKey master = _ring.Current;
            return new EncryptedKeyRow(
                keyId,
                master.Id,
                Seal(master.Bytes, dataKey, Context("data-key", master.Id, keyId)),
                Seal(dataKey, plain, Context("key", master.Id, keyId)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>Decrypts a key.</summary>
    /// <param name="row">The stored row.</param>
    /// <param name="problem">Why it cannot be decrypted, for the log; carries no secret.</param>
    /// <returns>The whole key, or <see langword="null"/> when the master key is not in the ring or anything has been changed.</returns>
    public string? Decrypt(EncryptedKeyRow row, out string? problem)
    {
        if (_ring.Find(row.EncryptionKeyId) is not { } master)
        {
            problem = "the master key is not among the given ones";
            return null;
        }

        byte[] dataKey = new byte[MasterKey.ByteCount];
        byte[] plain = new byte[Math.Max(row.Ciphertext.Length - NonceBytes - TagBytes, 0)];
        try
        {
            if (row.WrappedDataKey.Length != NonceBytes + TagBytes + dataKey.Length || row.Ciphertext.Length < NonceBytes + TagBytes)
            {
                problem = "the stored record has the wrong length";
                return null;
            }

            Open(master.Bytes, row.WrappedDataKey, dataKey, Context("data-key", master.Id, row.KeyId));
            Open(dataKey, row.Ciphertext, plain, Context("key", master.Id, row.KeyId));
            problem = null;
            return Encoding.UTF8.GetString(plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            problem = "the stored record has been changed";
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>Whether a master key is at hand.</summary>
    public bool Knows(string encryptionKeyId) => _ring.Find(encryptionKeyId) is not null;

    // What is encrypted, under which master key and for which key: unambiguous, because neither of the first two holds a line end.
    private static byte[] Context(string purpose, string encryptionKeyId, string keyId) =>
        Encoding.UTF8.GetBytes($"unkey {purpose}\n{encryptionKeyId}\n{keyId}");

    private static byte[] Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plain, byte[] context)
    {
        byte[] sealedBytes = new byte[NonceBytes + TagBytes + plain.Length];
        Span<byte> nonce = sealedBytes.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using AesGcm aes = new(key, TagBytes);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(NonceBytes + TagBytes), sealedBytes.AsSpan(NonceBytes, TagBytes), context);
        return sealedBytes;
    }

    private static void Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> sealedBytes, Span<byte> plain, byte[] context)
    {
        using AesGcm aes = new(key, TagBytes);
        aes.Decrypt(
            sealedBytes[..NonceBytes], sealedBytes[(NonceBytes + TagBytes)..], sealedBytes.Slice(NonceBytes, TagBytes), plain, context);
    }
}
