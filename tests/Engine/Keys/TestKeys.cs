using System;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Unkey.Engine.Keys;

namespace Unkey.Engine.Tests.Keys;

/// <summary>Keys and contents for the tests: everything a record carries follows from a number and a version, so that a wrong byte shows.</summary>
internal static class TestKeys
{
    public const int PatternBytes = 64;

    /// <summary>The seed of all randomised tests here; set UNKEY_TEST_SEED to replay another.</summary>
    public static int Seed { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("UNKEY_TEST_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 20240607;

    public static KeyDigest Digest(int key)
    {
        Span<byte> secret = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(secret, key);
        BinaryPrimitives.WriteInt32LittleEndian(secret[4..], 0x6b65796b);
        return KeyDigest.Of(secret);
    }

    public static string KeyId(int key) => string.Create(CultureInfo.InvariantCulture, $"key_{key:D22}");

    /// <summary>Eight words: the key and the version, then seven mixes of them.</summary>
    public static byte[] Pattern(int key, int version)
    {
        byte[] bytes = new byte[PatternBytes];
        ulong head = ((ulong)(uint)version << 32) | (uint)key;
        for (int i = 0; i < PatternBytes / 8; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), Word(head, i));
        }

        return bytes;
    }

    /// <summary>Whether the bytes are the pattern of this key in some version.</summary>
    public static bool IsPattern(ReadOnlySpan<byte> bytes, int key, out int version)
    {
        version = -1;
        if (bytes.Length != PatternBytes)
        {
            return false;
        }

        ulong head = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        for (int i = 1; i < PatternBytes / 8; i++)
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * 8)..]) != Word(head, i))
            {
                return false;
            }
        }

        version = (int)(head >> 32);
        return (int)(uint)head == key;
    }

    /// <summary>A key as most are: an id, no permissions, no limits, no meta.</summary>
    public static KeySpec Plain(int key) => new()
    {
        Digest = Digest(key),
        KeyId = KeyId(key),
        WorkspaceIndex = 0,
        ApiIndex = 0,
        Fragment = Encoding.UTF8.GetBytes($"\"keyId\":\"{KeyId(key)}\",\"enabled\":true"),
    };

    private static ulong Word(ulong head, int index) => index == 0 ? head : (head + (ulong)index) * 0x9E3779B97F4A7C15;
}
