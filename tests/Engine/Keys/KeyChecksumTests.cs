using System;
using System.Security.Cryptography;
using System.Text;
using Unkey.Engine.Keys;
using Unkey.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Engine.Tests.Keys;

public sealed class KeyChecksumTests(ITestOutputHelper output)
{
    private const string Base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("pay_Mo4Y6kSVR16SWzrnoiT3Hh")]
    [InlineData("3ZyXwVuTsRqPoNmLkJiHgF")]
    [InlineData("sk_live_é_1234567")]
    public void TheDigitsAreTheCrcOfWhatIsBeforeThem(string key)
    {
        string whole = WithChecksum(key);
        Assert.StartsWith(key + "_uk1_", whole, StringComparison.Ordinal);
        Assert.Equal(Digits(SlowCrc32C(Encoding.UTF8.GetBytes(key + "_uk1_"))), whole[^6..]);
        Assert.False(KeyChecksum.IsBroken(Encoding.UTF8.GetBytes(whole)));
    }

    [Fact]
    public void TheExampleInTheDocumentationFits() => Assert.False(KeyChecksum.IsBroken("pay_Mo4Y6kSVR16SWzrnoiT3Hh_uk1_21oA8F"u8));

    [Fact]
    public void TheCheckValueOfTheCatalogueHolds() => Assert.Equal(0xE3069283, SlowCrc32C("123456789"u8.ToArray()));

    [Fact]
    public void EveryWrongOrSwappedOrMissingCharacterBreaksAKey()
    {
        byte[] key = Encoding.UTF8.GetBytes(WithChecksum("acme_Mo4Y6kSVR16SWzrnoiT3Hh"));
        int marker = key.Length - KeyChecksum.Length;
        for (int i = 0; i < key.Length; i++)
        {
            bool isInMarker = i >= marker && i < marker + 5;
            for (int b = 0; b < 256; b++)
            {
                byte[] changed = [.. key];
                changed[i] = (byte)b;
                Assert.Equal(b != key[i] && !isInMarker, KeyChecksum.IsBroken(changed));
            }

            if (i < marker)
            {
                Assert.True(KeyChecksum.IsBroken([.. key[..i], .. key[(i + 1)..]]));
                byte[] swapped = [.. key];
                (swapped[i], swapped[0]) = (key[0], key[i]);
                Assert.Equal(key[i] != key[0], KeyChecksum.IsBroken(swapped));
            }
        }
    }

    [Fact]
    public void KeysOfAnyOtherFormAreNotLookedAt()
    {
        Random random = TestSeed.Create(output, out string replay);
        for (int round = 0; round < 100_000; round++)
        {
            byte[] key = new byte[random.Next(40)];
            random.NextBytes(key);
            Assert.False(KeyChecksum.IsBroken(key), replay);
        }

        foreach (string key in (string[])["_uk1_", "_uk1_12345", "sk_live_uk1_1234567", "a_uk1-123456", Guid.NewGuid().ToString(), Convert.ToHexString(RandomNumberGenerator.GetBytes(32))])
        {
            Assert.False(KeyChecksum.IsBroken(Encoding.UTF8.GetBytes(key)), key);
        }
    }

    private static string WithChecksum(string key)
    {
        byte[] suffix = new byte[KeyChecksum.Length];
        KeyChecksum.WriteSuffix(Encoding.UTF8.GetBytes(key), suffix);
        return key + Encoding.ASCII.GetString(suffix);
    }

    private static string Digits(uint value)
    {
        string digits = "";
        for (int i = 0; i < 6; i++)
        {
            digits = Base58[(int)(value % 58)] + digits;
            value /= 58;
        }

        return digits;
    }

    private static uint SlowCrc32C(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : 0x82F6_3B78);
            }
        }

        return ~crc;
    }
}
