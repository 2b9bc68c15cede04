using System;
using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Unkey.Server.ControlPlane;

/// <summary>Imported hashes as 32-byte digests, the form in which every key is kept. Stateless, any thread.</summary>
/// <remarks>
/// Base64 of 32 bytes is the SHA-256 of a whole key and is kept as it is. Any other text can only be found by way of its migration, and is
/// kept as the SHA-256 of the byte FF and the text. FF is no part of UTF-8, so no key that can be presented has such a digest: whoever has
/// read a list of hashes cannot present one of them as a key.
/// </remarks>
internal static class ImportedHash
{
    private const byte NotUtf8 = 0xFF;
    private const int DigestBytes = 32;

    /// <summary>The digest under which an imported hash is kept.</summary>
    /// <param name="hash">The hash as given.</param>
    public static byte[] ToDigest(string hash)
    {
        byte[] text = Encoding.UTF8.GetBytes(hash);
        byte[] decoded = new byte[DigestBytes + 1];
        if (Base64.DecodeFromUtf8(text, decoded, out int read, out int written) == OperationStatus.Done
            && read == text.Length
            && written == DigestBytes
            && Convert.ToBase64String(decoded, 0, DigestBytes) == hash)
        {
            return decoded[..DigestBytes];
        }

        return SHA256.HashData([NotUtf8, .. text]);
    }

    /// <summary>The digest under which a key of the format prefix, short token, long token was imported.</summary>
    /// <param name="longToken">What follows the last underscore of the presented key.</param>
    public static byte[] OfLongToken(ReadOnlySpan<char> longToken) =>
        ToDigest(Convert.ToHexStringLower(KeySecret.HashOf(longToken.ToString())));
}
