using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using CsCheck;
using Unkey.Tests.Oracles;
using Unkey.Tests.Support;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class ChunkedDecoderTests
{
    private static readonly HttpLimits s_tight = new()
    {
        FieldLineBytesMax = 24,
        HeadBytesMax = 60,
        FieldsMax = 3,
        ChunkOverheadBytesMax = 64,
        BodyBytesMax = 40,
    };

    private static readonly Gen<string> s_extension = Gen.Frequency(
        (12, Gen.Const(string.Empty)),
        (4, Gen.OneOf(";a", ";a=b", ";a=\"b c\"", "; a = \"\\\"\\\\\" ;b", ";\ta\t=\tb", ";a=\"\u00ff\"", ";a;b;c",
            ";aaaaaaaaaaaaaaaaaaa")),
        (1, Gen.OneOf(";", ";=", ";a=", ";a b", ";a=b c", " ;a", ";a ", ";a=\"b", ";a=\"\n\"", ";a=\"\\\r\"", ";\n", ";a\rb", ";a=\"b\"c",
            ";a==b", ";\0", ";a=\u0080")));

    private static readonly Gen<string> s_chunk = Gen.Select(
        Gen.Frequency((20, Gen.Const(string.Empty)), (1, Gen.OneOf("0", "000000", "+", "-", "0x", " ", "fffffff"))),
        Gen.Int[1, 20],
        s_extension,
        Gen.Frequency((40, Gen.Const("\r\n")), (1, Gen.OneOf("\n", "\r", "\r\r\n", "", "XX"))),
        Gen.Frequency((40, Gen.Const("\r\n")), (1, Gen.OneOf("\n", "\r", "\r\r\n", "", "XX"))),
        (zeros, length, extension, lineEnd, end) => $"{zeros}{length:X}{extension}{lineEnd}{new string('d', length)}{end}");

    private static readonly Gen<byte[]> s_input = Gen.Select(
        s_chunk.List[0, 5],
        Gen.Frequency((10, Gen.Const("0\r\n")), (1, Gen.OneOf("0;x\r\n", "00000000\r\n", "000000000\r\n", "0 \r\n", "0\n", ""))),
        Gen.Frequency((10, Gen.Const(string.Empty)), (5, Gen.OneOf("X-T: v\r\n", "Host: a\r\nContent-Length: 5\r\n", "A:\r\nB:\r\nC:\r\n",
            "a:bbbbbbbbbbbbbbbbbbbbbb\r\n")),
            (2, Gen.OneOf("X : v\r\n", " X: v\r\n", "X\r\n", ": v\r\n", "X: \0\r\n", "X: v\n", "X: v\rY", "A:\r\nB:\r\nC:\r\nD:\r\n",
                "a:bbbbbbbbbbbbbbbbbbbbbbb\r\n",
                "a: 1234567890123456\r\nb: 1234567890123456\r\nc: 1234567890123456\r\n"))),
        Gen.Frequency((10, Gen.Const("\r\n")), (1, Gen.OneOf("\n", "\r", "\r\r\n", ""))),
        Gen.OneOf(string.Empty, "GET / HTTP/1.1\r\n"),
        (chunks, last, trailers, end, next) => Encoding.Latin1.GetBytes(string.Concat(chunks) + last + trailers + end + next));

    private static readonly Gen<byte[]> s_mutated = Gen.Select(
        s_input,
        Gen.Select(Gen.Int[0, 400], Gen.OneOf("\r\n;=\" \t\\:a0f\0\u007f\u0080".Select(c => (byte)c).ToArray()), Gen.Bool).List[0, 2],
        (bytes, edits) => edits.Aggregate(bytes, (current, edit) =>
        {
            int at = edit.Item1 % (current.Length + 1);
            return [.. current[..at], edit.Item2, .. current[Math.Min(current.Length, at + (edit.Item3 ? 1 : 0))..]];
        }));

    [Theory]
    [InlineData("0\r\n\r\n", "")]
    [InlineData("6\r\n{\"key\"\r\n7\r\n:\"abc\"}\r\n0\r\n\r\n", "{\"key\":\"abc\"}")]
    [InlineData("d;a=b;c=\"d e\";f\r\n{\"key\":\"abc\"}\r\n0;x\r\n\r\n", "{\"key\":\"abc\"}")]
    [InlineData("0000000D\r\n{\"key\":\"abc\"}\r\n00000000\r\n\r\n", "{\"key\":\"abc\"}")]
    [InlineData("1 \r\n", null)]
    [InlineData("2; a\t=\t\"\\\"\t\u00ff\" ;b\r\n\r\n\r\n0\r\n\r\n", "\r\n")]
    [InlineData("1\r\nx\r\n0\r\nX-T: v\r\nAuthorization: Bearer x\r\nContent-Length: 9\r\nA:\r\n\r\n", "x")]
    public void A_body_is_decoded(string text, string? body)
    {
        Assert.Equal(body is null ? $"Rejected {RejectReason.InvalidChunkSize}" : $"Done {text.Length} {body}", Decode(text));
    }

    [Theory]
    [InlineData("d;\nxx\r\n{\"key\":\"abc\"}\r\n0\r\n\r\n", RejectReason.BareLineFeed)]
    [InlineData("d;a\nb\r\n{\"key\":\"abc\"}\r\n0\r\n\r\n", RejectReason.BareLineFeed)]
    [InlineData("d;a\rb\r\n{\"key\":\"abc\"}\r\n0\r\n\r\n", RejectReason.BareCarriageReturn)]
    [InlineData("d;a=\"\n\"\r\n", RejectReason.BareLineFeed)]
    [InlineData("d;a=\"\\\r\n\"\r\n", RejectReason.InvalidChunkExtension)]
    [InlineData("d;\r\n", RejectReason.InvalidChunkExtension)]
    [InlineData("d;a=\r\n", RejectReason.InvalidChunkExtension)]
    [InlineData("d;a \r\n", RejectReason.InvalidChunkExtension)]
    [InlineData("d;a\0\r\n", RejectReason.InvalidChunkExtension)]
    [InlineData("d\n{\"key\":\"abc\"}\r\n", RejectReason.BareLineFeed)]
    [InlineData("d\rX", RejectReason.BareCarriageReturn)]
    [InlineData("1\r\nx\n0\r\n\r\n", RejectReason.InvalidChunkEnd)]
    [InlineData("1\r\nxXX0\r\n\r\n", RejectReason.InvalidChunkEnd)]
    [InlineData("1\r\nx\r0\r\n\r\n", RejectReason.InvalidChunkEnd)]
    [InlineData("0xd\r\n", RejectReason.InvalidChunkSize)]
    [InlineData("+d\r\n", RejectReason.InvalidChunkSize)]
    [InlineData("d \r\n", RejectReason.InvalidChunkSize)]
    [InlineData("d ;a\r\n", RejectReason.InvalidChunkSize)]
    [InlineData(" d\r\n", RejectReason.InvalidChunkSize)]
    [InlineData("0_d\r\n", RejectReason.InvalidChunkSize)]
    [InlineData("\r\n", RejectReason.InvalidChunkSize)]
    [InlineData(";a\r\n", RejectReason.InvalidChunkSize)]
    [InlineData("-1\r\n", RejectReason.InvalidChunkSize)]
    [InlineData("1000000000000000d\r\n", RejectReason.InvalidChunkSize)]
    [InlineData("100000000\r\n", RejectReason.InvalidChunkSize)]
    [InlineData("ffffffff\r\n", RejectReason.BodyTooLarge)]
    [InlineData("A00001\r\n", RejectReason.BodyTooLarge)]
    [InlineData("0\r\nX : v\r\n\r\n", RejectReason.WhitespaceBeforeColon)]
    [InlineData("0\r\n X: v\r\n\r\n", RejectReason.FoldedLine)]
    [InlineData("0\r\nX: a\r\n b\r\n\r\n", RejectReason.FoldedLine)]
    [InlineData("0\r\nX\r\n\r\n", RejectReason.InvalidFieldName)]
    [InlineData("0\r\n: v\r\n\r\n", RejectReason.InvalidFieldName)]
    [InlineData("0\r\nX: a\nY: b\r\n\r\n", RejectReason.BareLineFeed)]
    [InlineData("0\r\nX: a\rY: b\r\n\r\n", RejectReason.BareCarriageReturn)]
    [InlineData("0\r\nX: \0\r\n\r\n", RejectReason.ControlByte)]
    [InlineData("0\r\n\n", RejectReason.BareLineFeed)]
    [InlineData("0\r\n\rX", RejectReason.BareCarriageReturn)]
    public void A_broken_body_is_refused(string text, RejectReason reason) => Assert.Equal($"Rejected {reason}", Decode(text));

    [Fact]
    public void Framing_is_bounded_by_the_data_that_it_carries()
    {
        Assert.Equal($"Rejected {RejectReason.ChunkOverheadTooLarge}", Decode("d;" + new string('a', 70_000) + "\r\n"));
        string lean = string.Concat(Enumerable.Repeat("10\r\n" + new string('x', 16) + "\r\n", 20_000)) + "0\r\n\r\n";
        Assert.StartsWith("Done ", Decode(lean), StringComparison.Ordinal);
        string fat = string.Concat(Enumerable.Repeat("1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n", 1_000)) + "0\r\n\r\n";
        Assert.Equal($"Rejected {RejectReason.ChunkOverheadTooLarge}", Decode(fat));
    }

    [Fact]
    public void Trailers_are_bounded_in_number_line_and_sum()
    {
        string data = "6000\r\n" + new string('x', 0x6000) + "\r\n0\r\n";
        Assert.Equal($"Rejected {RejectReason.TooManyFields}", Decode(data + string.Concat(Enumerable.Repeat("X: 1\r\n", 101))));
        Assert.Equal($"Rejected {RejectReason.FieldLineTooLong}", Decode(data + "X: " + new string('a', 8190)));
        Assert.Equal($"Rejected {RejectReason.HeadTooLong}", Decode(data + string.Concat(Enumerable.Repeat("X: " + new string('a', 8000)
            + "\r\n", 5))));
        Assert.StartsWith("Done ", Decode(data + string.Concat(Enumerable.Repeat("X: 1\r\n", 100)) + "\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void No_more_than_the_longest_body_is_ever_written()
    {
        var limits = new HttpLimits { BodyBytesMax = 10 };
        const string Longest = "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n";
        Assert.Equal($"Done {Longest.Length} 0123456789", Decode(Longest, limits));
        var body = new ArrayBufferWriter<byte>();
        ChunkedDecoder decoder = default;
        byte[] bytes = Encoding.Latin1.GetBytes("5\r\n01234\r\n6\r\n567890\r\n0\r\n\r\n");
        Assert.Equal(ParseStatus.Rejected, decoder.Decode(new ReadOnlySequence<byte>(bytes), body, limits, out _, out RejectReason reason));
        Assert.Equal((RejectReason.BodyTooLarge, 5), (reason, body.WrittenCount));
    }

    [Fact]
    public void What_has_been_said_is_said_again()
    {
        ChunkedDecoder decoder = default;
        var body = new ArrayBufferWriter<byte>();
        var input = new ReadOnlySequence<byte>("xGET / HTTP/1.1\r\n"u8.ToArray());
        Assert.Equal(ParseStatus.Rejected, decoder.Decode(input, body, HttpLimits.Default, out _, out RejectReason first));
        Assert.Equal(ParseStatus.Rejected, decoder.Decode(input, body, HttpLimits.Default, out SequencePosition consumed,
            out RejectReason second));
        Assert.Equal(first, second);
        Assert.Equal(0, input.GetOffset(consumed));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_decoder_agrees_with_the_slow_reference_at_random_splits(bool tight)
    {
        HttpLimits limits = tight ? s_tight : HttpLimits.Default;
        Gen.Select(s_mutated, Gen.Int).Sample(
            (input, seed) =>
            {
                string expected = new ReferenceChunkedDecoder(limits, input).Decode();
                var random = new Random(seed);
                return ChunkedOutcome.WithStatus(Decode(input, limits)) == expected
                    && ChunkedOutcome.WithStatus(ChunkedOutcome.Feed(input, limits, () => 1)) == expected
                    && ChunkedOutcome.WithStatus(ChunkedOutcome.Feed(input, limits, () => random.Next(1, 30))) == expected
                    && ChunkedOutcome.WithStatus(ChunkedOutcome.Decode(Inputs.RandomSegments(input, random), limits)) == expected;
            },
            iter: 15_000,
            threads: 1);
    }

    [Fact]
    public void A_twin_that_skips_extensions_is_found_out()
    {
        // The flaw of CVE-2025-55315: read what is ignored less strictly than what is used.
        Assert.Throws<CsCheckException>(() => s_mutated.Sample(
            input => ChunkedOutcome.WithStatus(Decode(input, HttpLimits.Default)) == new ReferenceChunkedDecoder(HttpLimits.Default, input,
                skipsExtensions: true).Decode(),
            iter: 15_000,
            threads: 1));
    }

    [Fact]
    public void The_generated_bodies_reach_every_outcome()
    {
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        s_mutated.Sample(
            input =>
            {
                string outcome = Decode(input, s_tight);
                string kind = outcome.StartsWith("Done", StringComparison.Ordinal) ? "Done" : outcome;
                seen[kind] = seen.GetValueOrDefault(kind) + 1;
            },
            iter: 15_000,
            threads: 1);
        Assert.InRange(seen["Done"], 500, 14_000);
        foreach (RejectReason reason in new[]
        {
            RejectReason.BareLineFeed, RejectReason.BareCarriageReturn, RejectReason.InvalidChunkSize, RejectReason.InvalidChunkExtension,
            RejectReason.InvalidChunkEnd, RejectReason.ChunkOverheadTooLarge, RejectReason.BodyTooLarge, RejectReason.TooManyFields,
            RejectReason.FieldLineTooLong, RejectReason.HeadTooLong, RejectReason.InvalidFieldName, RejectReason.WhitespaceBeforeColon,
            RejectReason.FoldedLine,
        })
        {
            Assert.Contains($"Rejected {reason}", seen.Keys);
        }
    }

    private static string Decode(string text) => Decode(text, HttpLimits.Default);

    private static string Decode(string text, HttpLimits limits) => Decode(Encoding.Latin1.GetBytes(text), limits);

    private static string Decode(byte[] input, HttpLimits limits) => ChunkedOutcome.Decode(new ReadOnlySequence<byte>(input), limits);
}
