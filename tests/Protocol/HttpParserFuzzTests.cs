using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text;
using CsCheck;
using Unkey.Tests.Oracles;
using Unkey.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Protocol.Tests;

/// <summary>The parser against <see cref="ReferenceParser"/> on generated and mutated heads.</summary>
public sealed class HttpParserFuzzTests(ITestOutputHelper output)
{
    /// <summary>Bounds so small that generated heads run into them.</summary>
    private static readonly HttpLimits s_tight = new()
    {
        RequestLineBytesMax = 64,
        FieldLineBytesMax = 64,
        HeadBytesMax = 160,
        FieldsMax = 5
    };

    private static readonly Gen<string> s_requestLine = Gen.Select(
        Gen.OneOf("GET", "POST", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PUT", "get", "G(T", "", "MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM",
            "PATCH"),
        Gen.OneOf("/", "/v2/keys.verifyKey", "/a?b=c", "*", "a:443", "http://h:1/p?q", "https://[::1]?x", "http://", "/a#b", "/\u00e9",
            "x", "",
            "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        Gen.OneOf("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "http/1.1", "HTTP/1.11", ""),
        Gen.OneOf(" ", " ", " ", " ", " ", "  ", "\t", ""),
        (method, target, version, separator) => $"{method} {target}{separator}{version}");

    private static readonly Gen<string> s_field = Gen.Select(
        Gen.OneOf("Host", "host", "Content-Length", "Transfer-Encoding", "Connection", "Expect", "Authorization", "Content-Type", "Accept",
            "User-Agent",
            "X-Forwarded-For", "X-Test-Time", "X-Unkey-Metrics", "X", "Content\rLength", "X Y", "", " X", "X\u0080",
                "Accept-Encoding-And-More", "Hosu"),
        Gen.OneOf(":", ":", ":", ": ", ":\t ", " :", "", "::"),
        Gen.OneOf("a", "a:80", "[::1]", "0", "5", "+5", "5, 5", "9223372036854775807", "9223372036854775808", "chunked", "CHUNKED", "gzip",
            "chunked, x",
            "close", "keep-alive", "x, Close", "keep-alive,close", "100-continue", "200-ok", "", " ", "a b", "a\tb ", "\u00ff", "\0",
                "a\rb", "a\nb",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        (name, colon, value) => name + colon + value);

    /// <summary>Fields without a fault of syntax, so that faults of meaning are reached.</summary>
    private static readonly Gen<string> s_plainField = Gen.OneOf(
        "Content-Length: 5", "content-length:0", "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked",
            "Transfer-Encoding: gzip", "Connection: close",
        "Connection: x, keep-alive", "Connection: a b", "Expect: 100-continue", "Expect: x", "Authorization: Bearer x",
            "Content-Type: a/b", "Accept: */*",
        "User-Agent: u v", "X-Forwarded-For: 1.2.3.4", "X-Test-Time: 5", "X-Unkey-Metrics: disabled", "X: \u00ff\t!", "Cookie:", "Host: b");

    private static readonly Gen<string> s_lineEnd = Gen.Frequency(
        (300, Gen.Const("\r\n")), (1, Gen.Const("\n")), (1, Gen.Const("\r")), (1, Gen.Const("\r\r\n")), (1, Gen.Const("\r\n ")), (1,
            Gen.Const("")));

    private static readonly Gen<byte[]> s_grammar = Gen.Select(
        Gen.Frequency((40, Gen.Const("")), (1, Gen.Const("\r\n")), (1, Gen.Const("\r\n\r\n\r\n")), (1, Gen.Const("\r"))),
        Gen.Frequency((5, Gen.Const("GET / HTTP/1.1")), (1, Gen.Const("POST /a?b HTTP/1.0")), (1, s_requestLine)),
        Gen.Frequency((9, Gen.Const("\r\nHost: a")), (1, Gen.Const(""))),
        Gen.Select(s_lineEnd, Gen.Frequency((15, s_plainField), (1, s_field)), (end, field) => end + field).List[0, 6],
        Gen.Select(s_lineEnd, s_lineEnd, (end, last) => end + last),
        (before, request, host, fields, end) => Encoding.Latin1.GetBytes($"{before}{request}{host}{string.Concat(fields)}{end}body"));

    private static readonly Gen<byte[]> s_mutatedRow = Gen.Select(
        Gen.OneOf(HttpParserData.Rows.Where(row => row.Text.Length < 600).Select(row => row.Bytes).ToArray()),
        Gen.Select(Gen.Int[0, 599], Gen.Int[0, 3], Gen.OneOf(Gen.Byte, Gen.OneOf((byte)'\r', (byte)'\n', (byte)' ', (byte)':', (byte)',',
            (byte)0))).List[1, 4],
        (bytes, edits) => edits.Aggregate(bytes, (current, edit) => Mutate(current, edit.Item1, edit.Item2, edit.Item3)));

    private static readonly Gen<byte[]> s_input = Gen.Frequency((2, s_grammar), (1, s_mutatedRow));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_parser_agrees_with_the_slow_reference(bool tight)
    {
        HttpLimits limits = tight ? s_tight : HttpLimits.Default;
        s_input.Sample(input => Agrees(new HttpParser(limits), new ReferenceParser(limits), input), iter: 40_000, threads: 1, print: Print);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_and_segments_do_not_matter(bool tight)
    {
        HttpLimits limits = tight ? s_tight : HttpLimits.Default;
        Gen.Select(s_input, Gen.Int).Sample(
            (input, seed) =>
            {
                var parser = new HttpParser(limits);
                var random = new Random(seed);
                string whole = HeadOutcome.Parse(parser, new ReadOnlySequence<byte>(input));
                int at = random.Next(input.Length + 1);
                return whole == HeadOutcome.Parse(parser, Inputs.Split(input, at))
                    && whole == HeadOutcome.Parse(parser, Inputs.RandomSegments(input, random))
                    && whole == HeadOutcome.Trickle(parser, input, () => 1)
                    && whole == HeadOutcome.Trickle(parser, input, () => random.Next(1, 40));
            },
            iter: 5_000,
            threads: 1);
    }

    /// <summary>Clients send the same head again and again, or one that differs in a byte; another client's comes in between.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_read_before_does_not_matter(bool tight)
    {
        HttpLimits limits = tight ? s_tight : HttpLimits.Default;
        Gen.Select(s_input, s_input, Gen.Int).Sample(
            (input, other, seed) =>
            {
                var random = new Random(seed);
                var parser = new HttpParser(limits);
                byte[] near = Mutate(input, random.Next(Math.Max(1, input.Length)), random.Next(4), (byte)random.Next(256));
                byte[] longer = [.. input, .. other];
                byte[] shorter = input[..random.Next(input.Length + 1)];
                byte[][] sequence = [input, input, near, input, longer, shorter, input, near, near, other, input];
                return Array.TrueForAll(
                    sequence,
                    bytes => HeadOutcome.Parse(parser, new ReadOnlySequence<byte>(bytes)) == HeadOutcome.Parse(new HttpParser(limits), new ReadOnlySequence<byte>(bytes)));
            },
            iter: 3_000,
            threads: 1);
    }

    /// <summary>A comparison that cannot fail proves nothing: twins with one well-known flaw each must be found out.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_flawed_twin_is_found_out(bool acceptsBareLineFeed, bool skipsSpaceBeforeColon)
    {
        var twin = new ReferenceParser(HttpLimits.Default, acceptsBareLineFeed, skipsSpaceBeforeColon);
        var parser = new HttpParser(HttpLimits.Default);
        CsCheckException found = Assert.Throws<CsCheckException>(
            () => s_input.Sample(input => Agrees(parser, twin, input), iter: 40_000, threads: 1, print: Print));
        Assert.Contains("CsCheck_Seed", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_generated_inputs_reach_every_outcome_of_a_head()
    {
        var parser = new HttpParser(s_tight);
        var seen = new Dictionary<RejectReason, int>();
        int done = 0;
        s_input.Sample(
            input =>
            {
                HeadScan scan = default;
                ParseStatus status = parser.ParseHead(new ReadOnlySequence<byte>(input), ref scan, out RejectReason reason);
                seen[reason] = seen.GetValueOrDefault(reason) + 1;
                done += status == ParseStatus.Done ? 1 : 0;
            },
            iter: 40_000,
            threads: 1);
        output.WriteLine($"{done} accepted; " + string.Join(", ", seen.OrderBy(pair => pair.Key)));
        Assert.InRange(done, 4_000, 36_000);
        foreach (RejectReason reason in Enum.GetValues<RejectReason>().Where(reason => reason is < RejectReason.InvalidChunkSize))
        {
            Assert.Contains(reason, seen.Keys);
        }
    }

    [Fact]
    public void Two_seconds_of_random_mutations_find_nothing()
    {
        Random random = TestSeed.Create(output, out string replay);
        var parser = new HttpParser(s_tight);
        var reference = new ReferenceParser(s_tight);
        byte[][] rows = [.. HttpParserData.Rows.Where(row => row.Text.Length < 400).Select(row => row.Bytes)];
        long executions = 0;

        // The same seed gives the same sequence; how far it gets depends on the machine.
        var clock = Stopwatch.StartNew();
        while (clock.ElapsedMilliseconds < 2_000)
        {
            byte[] input = rows[random.Next(rows.Length)];
            for (int edits = random.Next(1, 5); edits > 0; edits--)
            {
                input = random.Next(8) == 0
                    ? Splice(input, rows[random.Next(rows.Length)], random)
                    : Mutate(input, random.Next(600), random.Next(4), (byte)random.Next(256));
            }

            executions++;
            if (!Agrees(parser, reference, input))
            {
                Assert.Fail($"{replay}, execution {executions}: {Print(input)}");
            }
        }

        output.WriteLine($"{executions} executions");
    }

    private static bool Agrees(HttpParser parser, ReferenceParser reference, byte[] input)
    {
        HeadScan scan = default;
        ParseStatus status = parser.ParseHead(new ReadOnlySequence<byte>(input), ref scan, out RejectReason reason);
        string actual = status == ParseStatus.Rejected
            ? string.Create(CultureInfo.InvariantCulture, $"Rejected {RejectReasons.StatusCode(reason)}")
            : HeadOutcome.Describe(status, reason, parser.Head);
        return actual == reference.Parse(input);
    }

    private static byte[] Mutate(byte[] bytes, int at, int kind, byte value)
    {
        if (bytes.Length == 0)
        {
            return [value];
        }

        int position = at % bytes.Length;
        return kind switch
        {
            0 => [.. bytes[..position], .. bytes[(position + 1)..]],
            1 => [.. bytes[..position], value, .. bytes[position..]],
            2 => [.. bytes[..position], value, .. bytes[(position + 1)..]],
            _ => [.. bytes[..position], .. bytes[(position / 2)..]],
        };
    }

    private static byte[] Splice(byte[] left, byte[] right, Random random) =>
        [.. left.AsSpan(0, random.Next(left.Length + 1)), .. right.AsSpan(random.Next(right.Length + 1))];

    private static string Print(byte[] input) =>
        string.Concat(Encoding.Latin1.GetString(input).Select(c => c is < ' ' or > '~' ? $"\\x{(int)c:x2}" : c.ToString()));
}
