using System;
using CsCheck;
using Xunit;

namespace Unkey.Engine.Tests;

public sealed class KeyedHashTests
{
    private static readonly byte[] s_referenceKey = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    /// <summary>vectors_sip128 of the reference code: key 00..0f, message of n bytes 00, 01, 02 ...</summary>
    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    [InlineData(2, "8177228da4a45dc7fca38bdef60affe4")]
    [InlineData(3, "9c70b60c5267a94e5f33b6b02985ed51")]
    [InlineData(4, "f88164c12d9c8faf7d0f6e7c7bcd5579")]
    [InlineData(5, "1368875980776f8854527a07690e9627")]
    [InlineData(6, "14eeca338b208613485ea0308fd7a15e")]
    [InlineData(7, "a1f1ebbed8dbc153c0b84aa61ff08239")]
    [InlineData(8, "3b62a9ba6258f5610f83e264f31497b4")]
    [InlineData(9, "264499060ad9baabc47f8b02bb6d71ed")]
    [InlineData(10, "00110dc378146956c95447d3f3d0fbba")]
    [InlineData(11, "0151c568386b6677a2b4dc6f81e5dc18")]
    [InlineData(12, "d626b266905ef35882634df68532c125")]
    [InlineData(13, "9869e247e9c08b10d029934fc4b952f7")]
    [InlineData(14, "31fcefac66d7de9c7ec7485fe4494902")]
    [InlineData(15, "5493e99933b0a8117e08ec0f97cfc3d9")]
    [InlineData(16, "6ee2a4ca67b054bbfd3315bf85230577")]
    [InlineData(63, "5150d1772f50834a503e069a973fbd7c")]
    public void ResultEqualsTheReferenceVector(int length, string expected)
    {
        byte[] message = new byte[length];
        for (int i = 0; i < length; i++)
        {
            message[i] = (byte)i;
        }

        UInt128 hash = new KeyedHash(s_referenceKey).Hash(message);

        byte[] bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(bytes, hash);
        Assert.Equal(expected, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void PartsEqualTheHashOfTheFramedBytes() => Gen.Byte.Array[0, 40].Array[0, 5].Sample(parts =>
    {
        KeyedHash hash = new(s_referenceKey);
        System.IO.MemoryStream framed = new();
        KeyedHash.Parts state = hash.Begin();
        foreach (byte[] part in parts)
        {
            state.Add(part);
            framed.Write(BitConverter.GetBytes((ulong)part.Length));
            framed.Write(part);
            framed.Write(new byte[(8 - (part.Length % 8)) % 8]);
        }

        Assert.Equal(hash.Hash(framed.ToArray()), state.Finish());
    });

    [Fact]
    public void WhereAPartEndsMatters()
    {
        KeyedHash hash = new(s_referenceKey);
        Assert.NotEqual(OfTwo(hash, "ab"u8, "c"u8), OfTwo(hash, "a"u8, "bc"u8));
        Assert.NotEqual(OfTwo(hash, "a"u8, ""u8), OfTwo(hash, ""u8, "a"u8));
        Assert.NotEqual(OfTwo(hash, "a"u8, "\0"u8), OfTwo(hash, "a"u8, ""u8));
    }

    [Fact]
    public void TwoProcessesDisagreeAboutEveryPlace() =>
        Assert.NotEqual(KeyedHash.CreateRandom().Hash("user_1"u8), KeyedHash.CreateRandom().Hash("user_1"u8));

    [Fact]
    public void KeyOfAnotherLengthIsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new KeyedHash(new byte[15]));

    private static UInt128 OfTwo(KeyedHash hash, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        KeyedHash.Parts state = hash.Begin();
        state.Add(first);
        state.Add(second);
        return state.Finish();
    }
}
