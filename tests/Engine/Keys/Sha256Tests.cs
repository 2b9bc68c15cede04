using System;
using System.Security.Cryptography;
using System.Text;
using Unkey.Engine.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed class Sha256Tests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    [InlineData(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1")]
    public void PublishedVectorsHash(string message, string expectedHex)
    {
        byte[] digest = new byte[Sha256.DigestBytes];
        Sha256.Hash(Encoding.ASCII.GetBytes(message), digest);
        Assert.Equal(expectedHex, Convert.ToHexStringLower(digest));
    }

    [Fact]
    public void EveryLengthAroundTheBlocksAgreesWithTheFramework()
    {
        var random = new Random(TestKeys.Seed);
        byte[] digest = new byte[Sha256.DigestBytes];
        for (int length = 0; length <= 600; length++)
        {
            byte[] message = new byte[length];
            random.NextBytes(message);
            Sha256.Hash(message, digest);
            Assert.Equal(SHA256.HashData(message), digest);
        }
    }

    [Theory]
    [InlineData(Sha256.DirectBytesMax)]
    [InlineData(Sha256.DirectBytesMax + 1)]
    [InlineData(1_000_000)]
    public void MessagesTooLongForTheDirectCallAgreeToo(int length)
    {
        byte[] message = new byte[length];
        new Random(TestKeys.Seed).NextBytes(message);
        byte[] digest = new byte[Sha256.DigestBytes];
        Sha256.Hash(message, digest);
        Assert.Equal(SHA256.HashData(message), digest);
    }

    [Fact]
    public void ATooShortDestinationIsRefusedAndNotOverrun()
    {
        byte[] digest = new byte[Sha256.DigestBytes - 1];
        Assert.Throws<ArgumentException>(() => Sha256.Hash("abc"u8, digest));
        Assert.All(digest, value => Assert.Equal(0, value));
    }

    [Fact]
    public void LinuxUsesTheDirectCalls()
    {
        // The framework's digest needs libcrypto on Linux as well, so a machine that runs the other tests has it.
        Assert.Equal(OperatingSystem.IsLinux(), Sha256.IsDirect);
    }
}
