using System;
using System.Buffers;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;

namespace Unkey.Server.ControlPlane.Encryption;

/// <summary>The operator's master keys: the first encrypts, all of them decrypt. Immutable, any thread.</summary>
/// <remarks>Rotation is a new key in front of the old ones: what they have encrypted stays readable as long as they are listed.</remarks>
public sealed class MasterKeyRing
{
    private const int KeysMax = 64;

    private readonly Dictionary<string, MasterKey> _byId;

    private MasterKeyRing(MasterKey first, Dictionary<string, MasterKey> byId)
    {
        Current = first;
        _byId = byId;
    }

    /// <summary>The key that encrypts.</summary>
    internal MasterKey Current { get; }

    /// <summary>Reads a list of keys.</summary>
    /// <param name="text">Keys in base64, 32 bytes each, between commas or line ends; blanks and empty entries do not count.</param>
    /// <param name="ring">The keys, or <see langword="null"/> on failure.</param>
    /// <returns>The problem without any part of the text, or <see langword="null"/>.</returns>
    public static string? Read(string text, out MasterKeyRing? ring)
    {
        ArgumentNullException.ThrowIfNull(text);
        ring = null;
        string[] entries = text.Split([',', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (entries.Length is 0 or > KeysMax)
        {
            return $"needs 1 to {KeysMax} keys, each 32 bytes in base64, between commas or line ends; has {entries.Length}";
        }

        MasterKey? first = null;
        Dictionary<string, MasterKey> byId = new(StringComparer.Ordinal);
        for (int i = 0; i < entries.Length; i++)
        {
            if (Decode(entries[i]) is not { } key)
            {
                return $"key {i + 1} of {entries.Length} is not 32 bytes in base64, such as 'openssl rand -base64 32' prints";
            }

            first ??= key;
            byId.TryAdd(key.Id, key);
        }

        ring = new MasterKeyRing(first!, byId);
        return null;
    }

    /// <summary>The key of an id, or <see langword="null"/> when it is not in the ring.</summary>
    internal MasterKey? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>Shows the ids, never a key.</summary>
    public override string ToString() => string.Join(", ", _byId.Keys);

    private static MasterKey? Decode(string text)
    {
        Span<byte> bytes = stackalloc byte[MasterKey.ByteCount + 1];
        OperationStatus status = Base64.DecodeFromUtf8(
            Encoding.UTF8.GetBytes(text), bytes, out _, out int written);
        MasterKey? key = status == OperationStatus.Done && written == MasterKey.ByteCount ? new MasterKey(bytes[..written]) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }
}
