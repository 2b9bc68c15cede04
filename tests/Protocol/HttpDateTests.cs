using System;
using System.Globalization;
using System.Text;
using CsCheck;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class HttpDateTests
{
    private const long LastMs = 253_402_300_799_999;

    [Fact]
    public void A_date_is_the_one_of_the_framework() =>
        Gen.Long[0, LastMs].Sample(unixMs => Write(unixMs) == Reference(unixMs), iter: 50_000, threads: 1);

    [Fact]
    public void Every_day_of_four_centuries_is_right()
    {
        for (long day = 0; day < 146_097; day++)
        {
            long unixMs = (day * 86_400_000) + 86_399_999;
            Assert.Equal(Reference(unixMs), Write(unixMs));
        }
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(long.MinValue, 0)]
    [InlineData(LastMs + 1, LastMs)]
    [InlineData(long.MaxValue, LastMs)]
    public void A_date_that_cannot_be_said_becomes_the_nearest_that_can(long unixMs, long nearest) => Assert.Equal(Reference(nearest),
        Write(unixMs));

    [Fact]
    public void Exactly_its_bytes_are_written()
    {
        byte[] buffer = new byte[HttpDate.ByteCount + 1];
        buffer[^1] = 7;
        HttpDate.Write(0, buffer);
        Assert.Equal(7, buffer[^1]);
        Assert.Throws<ArgumentOutOfRangeException>(static () => HttpDate.Write(0, new byte[HttpDate.ByteCount - 1]));
    }

    private static string Write(long unixMs)
    {
        Span<byte> buffer = stackalloc byte[HttpDate.ByteCount];
        HttpDate.Write(unixMs, buffer);
        return Encoding.ASCII.GetString(buffer);
    }

    private static string Reference(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("R",
        CultureInfo.InvariantCulture);
}
