using System;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Text;
using CsCheck;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class AsciiTests
{
    private static readonly string[] s_names =
    [
        "host", "accept", "expect", "close", "user-agent", "connection", "keep-alive", "x-test-time", "content-type", "authorization",
        "content-length",
        "x-forwarded-for", "x-unkey-metrics",
    ];

    [Theory]
    [InlineData("0", true, 0)]
    [InlineData("007", true, 7)]
    [InlineData("9223372036854775807", true, long.MaxValue)]
    [InlineData("9223372036854775808", false, 0)]
    [InlineData("92233720368547758070", false, 0)]
    [InlineData("18446744073709551621", false, 0)]
    [InlineData("", false, 0)]
    [InlineData("+1", false, 0)]
    [InlineData("-1", false, 0)]
    [InlineData(" 1", false, 0)]
    [InlineData("1 ", false, 0)]
    [InlineData("1_0", false, 0)]
    [InlineData("\u00b2", false, 0)]
    public void Only_digits_that_fit_are_a_number(string text, bool isNumber, long value)
    {
        Assert.Equal(isNumber, Ascii.TryParseUnsigned(Encoding.Latin1.GetBytes(text), out long parsed));
        Assert.Equal(value, parsed);
    }

    [Fact]
    public void Numbers_agree_with_exact_arithmetic() => Gen.OneOf("0123456789".ToCharArray()).List[1, 25].Sample(
        digits =>
        {
            var exact = BigInteger.Parse(string.Concat(digits), CultureInfo.InvariantCulture);
            bool fits = Ascii.TryParseUnsigned(digits.Select(c => (byte)c).ToArray(), out long value);
            return fits == exact <= long.MaxValue && (!fits || value == exact);
        },
        iter: 20_000,
        threads: 1);

    [Fact]
    public void Numbers_are_written_as_the_framework_writes_them()
    {
        Gen<long> number = Gen.Frequency(
            (2, Gen.Long),
            (2, Gen.Select(Gen.Int[0, 62], Gen.Int[-2, 2], static (bits, add) => (1L << bits) + add)),
            (2, Gen.Select(Gen.Int[0, 18], Gen.Int[-2, 2], static (digits, add) => (long)BigInteger.Pow(10, digits) + add)),
            (1, Gen.OneOf(0L, long.MaxValue, long.MinValue)));
        Gen.Select(number, Gen.Int[0, 24]).Sample(
            (value, room) =>
            {
                string expected = value.ToString(CultureInfo.InvariantCulture);
                byte[] destination = new byte[room];
                bool fits = Ascii.TryWrite(destination, value, out int written);
                return fits == room >= expected.Length && (fits ? Encoding.ASCII.GetString(destination, 0, written) == expected : written == 0);
            },
            iter: 50_000,
            threads: 1);
    }

    [Fact]
    public void Fast_name_compares_agree_with_the_slow_one_for_every_byte_in_every_place()
    {
        foreach (string name in s_names)
        {
            byte[] lower = Encoding.ASCII.GetBytes(name);
            for (int place = 0; place < lower.Length; place++)
            {
                for (int value = 0; value < 256; value++)
                {
                    byte[] candidate = (byte[])lower.Clone();
                    candidate[place] = (byte)value;
                    bool expected = Encoding.Latin1.GetString(candidate).Equals(name, StringComparison.OrdinalIgnoreCase);
                    Assert.Equal(expected, lower.Length >= 8 ? Ascii.NameEquals(candidate, lower) : Ascii.ShortNameEquals(candidate,
                        lower));
                    Assert.Equal(expected, Ascii.EqualsIgnoreCase(candidate, lower));
                }
            }
        }
    }

    [Fact]
    public void Searches_find_the_first_byte_of_their_set_at_every_place_and_length()
    {
        for (int length = 0; length < 70; length++)
        {
            byte[] bytes = new byte[length];
            for (int place = 0; place <= length; place++)
            {
                bytes.AsSpan().Fill((byte)'a');
                if (place == length)
                {
                    Check(bytes, -1, -1);
                    continue;
                }

                for (int value = 0; value < 256; value++)
                {
                    bytes[place] = (byte)value;
                    bool breaksLine = (value < 32 && value != '\t') || value == 127;
                    bool breaksString = value is < 32 or '"' or '\\';
                    Check(bytes, breaksLine ? place : -1, breaksString ? place : -1);
                }
            }
        }

        static void Check(byte[] bytes, int line, int text)
        {
            Assert.Equal(line, ByteScan.IndexOfLineBreaking(bytes, out int colon));
            Assert.Equal(text, ByteScan.IndexOfStringBreaking(bytes));
            Assert.Equal(bytes.Length < ByteScan.Width ? -1 : bytes.AsSpan(0, ByteScan.Width).IndexOf((byte)':'), colon);
        }
    }

    [Fact]
    public void Hexadecimal_digits_are_the_twenty_two_there_are()
    {
        for (int value = 0; value < 256; value++)
        {
            int expected = char.IsAsciiHexDigit((char)value) ? Convert.ToInt32(((char)value).ToString(), 16) : -1;
            Assert.Equal(expected, Ascii.HexValue((byte)value));
        }
    }
}
