using System;
using Xunit;

namespace Unkey.Protocol.Tests;

/// <summary>Every length and every place of a difference, in the middle of other bytes.</summary>
public sealed class FixedTimeTests
{
    private const int LengthMax = 70;

    [Fact]
    public void Equal_bytes_are_equal_and_one_bit_anywhere_is_a_difference()
    {
        for (int length = 0; length <= LengthMax; length++)
        {
            byte[] left = new byte[length + 2];
            new Random(length).NextBytes(left);
            byte[] right = [.. left];

            // What lies around the compared bytes must not count.
            right[0] ^= 0xFF;
            right[^1] ^= 0xFF;
            Span<byte> other = right.AsSpan(1, length);
            Assert.True(FixedTime.Equals(left.AsSpan(1, length), other), $"length {length}");
            for (int bit = 0; bit < length * 8; bit++)
            {
                other[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(FixedTime.Equals(left.AsSpan(1, length), other), $"length {length}, bit {bit}");
                other[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(15, 16)]
    [InlineData(32, 33)]
    public void A_beginning_is_not_the_whole(int shorter, int longer)
    {
        byte[] bytes = new byte[longer];
        Assert.False(FixedTime.Equals(bytes.AsSpan(0, shorter), bytes));
        Assert.False(FixedTime.Equals(bytes, bytes.AsSpan(0, shorter)));
    }
}
