using System;
using System.Linq;
using System.Text;
using CsCheck;
using Unkey.Tests.Oracles;
using Unkey.Tests.Support;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class JsonScannerTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData(" [ 1 , -2.5e+3 , \"a\" , true , false , null , { \"b\" : [ ] } ] \r\n\t")]
    [InlineData("\"\\u0000\\ud83d\\ude00\\/\"")]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("1e400")]
    public void A_valid_text_is_read_to_its_end(string text) => Assert.Equal(JsonTokens.Reference(Encoding.UTF8.GetBytes(text)),
        JsonTokens.Scan(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{} {}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("[1,]")]
    [InlineData("{\"a\":1 \"b\":2}")]
    [InlineData("{\"a\" 1}")]
    [InlineData("{\"a\":1]")]
    [InlineData("[1}")]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("{\"a\"")]
    [InlineData("\"a")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\udc00\"")]
    [InlineData("\"\\ud800\\ud800\"")]
    [InlineData("\"\\ud800\\n\"")]
    [InlineData("\"a\nb\"")]
    [InlineData("\"\\a\"")]
    [InlineData("\"\\u00\"")]
    [InlineData("'a'")]
    [InlineData("01")]
    [InlineData("1.")]
    [InlineData("+1")]
    [InlineData("nul")]
    [InlineData("nullx")]
    [InlineData("// a\n1")]
    [InlineData("\ufeff{}")]
    public void An_invalid_text_is_refused(string text) => Assert.Equal("invalid", JsonTokens.Scan(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Invalid_UTF8_is_refused_wherever_it_is()
    {
        Assert.Equal("invalid", JsonTokens.Scan([(byte)'"', 0xFF, (byte)'"']));
        Assert.Equal("invalid", JsonTokens.Scan([(byte)'"', 0xED, 0xA0, 0x80, (byte)'"']));
        Assert.Equal("invalid", JsonTokens.Scan([(byte)'{', (byte)'"', 0xC3, (byte)'"', (byte)':', (byte)'1', (byte)'}']));
    }

    [Fact]
    public void Depth_is_bounded_and_costs_no_stack()
    {
        string deepest = new string('[', JsonScanner.DepthMax) + new string(']', JsonScanner.DepthMax);
        Assert.NotEqual("invalid", JsonTokens.Scan(Encoding.ASCII.GetBytes(deepest)));
        Assert.Equal("invalid", JsonTokens.Scan(Encoding.ASCII.GetBytes("[" + deepest + "]")));
        Assert.Equal("invalid", JsonTokens.Scan(Encoding.ASCII.GetBytes(new string('[', 1_000_000))));
        Assert.Equal("invalid", JsonTokens.Scan(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 100_000)))));
    }

    [Fact]
    public void A_failure_is_final()
    {
        var scanner = new JsonScanner("[1 2]"u8);
        Assert.Equal(JsonToken.ArrayStart, scanner.Read());
        Assert.Equal(JsonToken.Number, scanner.Read());
        Assert.Equal(JsonToken.Invalid, scanner.Read());
        Assert.Equal(JsonToken.Invalid, scanner.Read());
    }

    [Fact]
    public void The_scanner_reads_what_System_Text_Json_reads()
    {
        int valid = 0;
        JsonGenerator.Mutated(JsonGenerator.Value).Sample(
            bytes =>
            {
                string expected = JsonTokens.Reference(bytes);
                valid += expected == "invalid" ? 0 : 1;
                return expected == JsonTokens.Scan(bytes);
            },
            iter: 60_000,
            threads: 1,
            print: Encoding.Latin1.GetString);
        Assert.InRange(valid, 6_000, 54_000);
    }

    [Fact]
    public void Skipping_a_value_ends_where_reading_it_ends()
    {
        JsonGenerator.Mutated(JsonGenerator.Value).Sample(
            bytes =>
            {
                byte[] wrapped = [(byte)'[', .. bytes, (byte)',', (byte)'7', (byte)']'];
                var scanner = new JsonScanner(wrapped);
                scanner.Read();
                bool skipped = scanner.TrySkip(scanner.Read()) && scanner.Read() == JsonToken.Number && scanner.Read() == JsonToken.ArrayEnd
                    && scanner.Read() == JsonToken.End;
                return skipped || JsonTokens.Reference(bytes) == "invalid" || JsonTokens.Reference(wrapped) == "invalid";
            },
            iter: 10_000,
            threads: 1,
            print: Encoding.Latin1.GetString);
    }

    [Fact]
    public void No_byte_behind_the_text_is_read()
    {
        if (!GuardedBytes.IsSupported)
        {
            return;
        }

        byte[] text = Encoding.UTF8.GetBytes("{\"a\\u00e9\\ud83d\\ude00\":[1.5e+3,true,null,\"0123456789abcdef0123456789abcdef\"]}");
        for (int length = 0; length <= text.Length; length++)
        {
            using var guarded = new GuardedBytes(text.AsSpan(0, length));
            Assert.Equal(length == text.Length ? JsonTokens.Reference(text) : "invalid", JsonTokens.Scan(guarded.GetSpan()));
        }
    }
}
