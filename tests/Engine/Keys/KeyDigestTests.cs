using System;
using System.Security.Cryptography;
using Unkey.Engine.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed class KeyDigestTests
{
    [Fact]
    public void ADigestIsTheSha256InItsByteOrder()
    {
        Assert.Equal(SHA256.HashData("secret"u8), KeyDigest.Of("secret"u8).ToArray());
    }

    [Fact]
    public void BytesSurviveTheRoundTrip()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(32);
        var digest = KeyDigest.FromBytes(bytes);
        byte[] written = new byte[32];
        digest.CopyTo(written);
        Assert.Equal(bytes, written);
        Assert.Equal(bytes, digest.ToArray());
    }

    [Fact]
    public void ADifferenceInAnySingleBitIsADifference()
    {
        byte[] bytes = SHA256.HashData("secret"u8);
        var digest = KeyDigest.FromBytes(bytes);
        Assert.True(digest == KeyDigest.FromBytes(bytes));
        for (int bit = 0; bit < 256; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(digest != KeyDigest.FromBytes(bytes), $"bit {bit}");
            Assert.False(digest.Equals((object)KeyDigest.FromBytes(bytes)));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void AnotherLengthIsRefused(int length)
    {
        Assert.Throws<ArgumentException>(() => KeyDigest.FromBytes(new byte[length]));
    }

    [Fact]
    public void TheTextFormShowsNoMoreThanFourBytes()
    {
        Assert.Equal("2bb80d53...", KeyDigest.Of("secret"u8).ToString());
    }
}
