using System;
using System.Security.Cryptography;
using System.Text;
using SimpleBase;
using Unkey.Engine.Keys;

namespace Unkey.Server.ControlPlane;

/// <summary>A newly made key: the text that is shown once, and what is kept of it. Immutable.</summary>
/// <param name="Text">The whole key; shown to the caller and then forgotten.</param>
/// <param name="Start">Prefix, underscore and the first four characters of the random part.</param>
/// <param name="Hash">SHA-256 of the whole key: 32 bytes.</param>
internal sealed record KeySecret(string Text, string Start, byte[] Hash)
{
    /// <summary>Random bytes of a key when neither the request nor the API says otherwise: 128 bits.</summary>
    public const int DefaultBytes = 16;

    private const int StartChars = 4;

    /// <summary>Makes a key from the system's random generator.</summary>
    /// <param name="prefix">Put before an underscore; <see langword="null"/> or empty for none.</param>
    /// <param name="byteCount">Random bytes, 16 to 255; written in base58, where each leading zero byte is a <c>1</c>.</param>
    /// <param name="hasChecksum">Whether it ends in a checksum, see <see cref="KeyChecksum"/>.</param>
    public static KeySecret Create(string? prefix, int byteCount, bool hasChecksum = false)
    {
        Span<byte> random = stackalloc byte[byteCount];
        RandomNumberGenerator.Fill(random);
        string encoded = Base58.Bitcoin.Encode(random);
        CryptographicOperations.ZeroMemory(random);
        string head = string.IsNullOrEmpty(prefix) ? "" : prefix + "_";
        string text = head + encoded;
        if (hasChecksum)
        {
            Span<byte> suffix = stackalloc byte[KeyChecksum.Length];
            KeyChecksum.WriteSuffix(Encoding.UTF8.GetBytes(text), suffix);
            text += Encoding.ASCII.GetString(suffix);
        }

        return new KeySecret(text, head + encoded[..StartChars], HashOf(text));
    }

    /// <summary>Takes a key that somebody else made.</summary>
    /// <param name="text">The whole key.</param>
    public static KeySecret From(string text)
    {
        int randomPart = text.LastIndexOf('_') + 1;
        return new KeySecret(text, text[..Math.Min(text.Length, randomPart + StartChars)], HashOf(text));
    }

    /// <summary>SHA-256 of a key as it is stored and looked up.</summary>
    public static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>Shows only the start, so that a key cannot reach a log by accident.</summary>
    public override string ToString() => Start + "…";
}
