using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Unkey.Tests.Oracles;
using Unkey.Tests.Support;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class HttpParserTests
{
    private readonly HttpParser _parser = new(HttpLimits.Default);

    public static TheoryData<string> RowNames => new(HttpParserData.Rows.Select(row => row.Name));

    public static TheoryData<string> ValidNames =>
        new(HttpParserData.Rows.Where(row => row.Status == ParseStatus.Done).Select(row => row.Name));

    [Theory]
    [MemberData(nameof(RowNames))]
    public void A_row_has_its_outcome(string name)
    {
        HttpParserData.Row row = HttpParserData.Find(name);
        HeadScan scan = default;
        ParseStatus status = _parser.ParseHead(new ReadOnlySequence<byte>(row.Bytes), ref scan, out RejectReason reason);
        Assert.Equal((row.Status, row.Reason), (status, reason));
    }

    [Theory]
    [MemberData(nameof(RowNames))]
    public void The_outcome_does_not_depend_on_the_memory_around_the_bytes(string name)
    {
        byte[] bytes = HttpParserData.Find(name).Bytes;
        string whole = HeadOutcome.Parse(_parser, new ReadOnlySequence<byte>(bytes));
        Assert.Equal(whole, HeadOutcome.Parse(_parser, Inputs.InDirtyArray(bytes)));
        if (GuardedBytes.IsSupported)
        {
            using var guarded = new GuardedBytes(bytes);
            Assert.Equal(whole, HeadOutcome.Parse(_parser, guarded.Sequence));
        }
    }

    [Theory]
    [MemberData(nameof(RowNames))]
    public void The_outcome_does_not_depend_on_segments(string name)
    {
        byte[] bytes = HttpParserData.Find(name).Bytes;
        string whole = HeadOutcome.Parse(_parser, new ReadOnlySequence<byte>(bytes));
        foreach (int at in SplitPoints(bytes.Length))
        {
            Assert.Equal(whole, HeadOutcome.Parse(_parser, Inputs.Split(bytes, at)));
        }

        if (bytes.Length < 10_000)
        {
            Assert.Equal(whole, HeadOutcome.Parse(_parser, Inputs.BytePerSegment(bytes)));
        }
    }

    [Theory]
    [MemberData(nameof(RowNames))]
    public void The_outcome_does_not_depend_on_reads(string name)
    {
        byte[] bytes = HttpParserData.Find(name).Bytes;
        string whole = HeadOutcome.Parse(_parser, new ReadOnlySequence<byte>(bytes));
        Assert.Equal(whole, HeadOutcome.Trickle(_parser, bytes, () => 1));
        Assert.Equal(whole, HeadOutcome.Trickle(_parser, bytes, () => 7));
        foreach (int at in SplitPoints(bytes.Length))
        {
            int[] steps = [Math.Max(at, 1), int.MaxValue / 2];
            int next = 0;
            Assert.Equal(whole, HeadOutcome.Trickle(_parser, bytes, () => steps[Math.Min(next++, 1)]));
        }
    }

    [Theory]
    [MemberData(nameof(RowNames))]
    public void What_is_said_about_a_beginning_is_the_same_with_and_without_a_history(string name)
    {
        byte[] bytes = HttpParserData.Find(name).Bytes;
        HeadScan scan = default;
        foreach (int length in SplitPoints(bytes.Length))
        {
            var input = new ReadOnlySequence<byte>(bytes, 0, length);
            ParseStatus status = _parser.ParseHead(input, ref scan, out RejectReason reason);
            string with = HeadOutcome.Describe(status, reason, _parser.Head);
            Assert.Equal(HeadOutcome.Parse(_parser, input), with);
            if (status != ParseStatus.NeedMoreData)
            {
                return;
            }
        }
    }

    [Theory]
    [MemberData(nameof(ValidNames))]
    public void No_beginning_of_a_valid_head_is_refused_or_taken_for_the_whole(string name)
    {
        byte[] bytes = HttpParserData.Find(name).Bytes;
        HeadScan scan = default;
        Assert.Equal(ParseStatus.Done, _parser.ParseHead(new ReadOnlySequence<byte>(bytes), ref scan, out _));
        int head = _parser.Head.ByteCount;
        foreach (int length in SplitPoints(head).Where(length => length < head))
        {
            Assert.Equal("NeedMoreData", HeadOutcome.Parse(_parser, new ReadOnlySequence<byte>(bytes, 0, length)));
        }
    }

    [Fact]
    public void The_parts_of_a_request_are_found()
    {
        byte[] bytes = Encoding.Latin1.GetBytes("\r\nPOST /v2/keys.verifyKey?a=b HTTP/1.1\r\nHost: x:1\r\n"
            + "AUTHORIZATION:  Bearer k \r\nContent-Type: application/json\r\n"
            + "accept: */*\r\nuser-agent: u\r\nx-forwarded-for: 1.2.3.4\r\nX-FORWARDED-FOR: 5.6.7.8\r\nx-test-time: 9\r\n"
            + "x-unkey-metrics: disabled\r\nX-Other: o\r\n"
            + "Content-Length: 2\r\n\r\n{}");
        HeadScan scan = default;
        Assert.Equal(ParseStatus.Done, _parser.ParseHead(new ReadOnlySequence<byte>(bytes), ref scan, out _));
        RequestHead head = _parser.Head;
        Assert.Equal(bytes.Length - 2, head.ByteCount);
        Assert.Equal(HttpMethod.Post, head.Method);
        Assert.Equal("POST", Text(head.MethodName));
        Assert.Equal("/v2/keys.verifyKey?a=b", Text(head.Target));
        Assert.Equal("/v2/keys.verifyKey", Text(head.Path));
        Assert.Equal("a=b", Text(head.Query));
        Assert.True(head.IsHttp11 && head.KeepAlive && head.HasAuthorization && head.HasContentType);
        Assert.False(head.IsChunked || head.ExpectContinue);
        Assert.Equal(2, head.ContentLength);
        Assert.Equal("x:1", Text(head.Host));
        Assert.Equal("Bearer k", Text(head.Authorization));
        Assert.Equal("application/json", Text(head.ContentType));
        Assert.Equal("*/*", Text(head.Accept));
        Assert.Equal("u", Text(head.UserAgent));
        Assert.Equal("1.2.3.4", Text(head.XForwardedFor));
        Assert.Equal("9", Text(head.TestTime));
        Assert.Equal("disabled", Text(head.Metrics));
        Assert.Equal(11, head.FieldCount);
        Assert.True(head.TryGetField("x-OTHER"u8, out ReadOnlySpan<byte> other));
        Assert.Equal("o", Text(other));
        Assert.False(head.TryGetField("x-othe"u8, out other));
        Assert.True(other.IsEmpty);
    }

    [Theory]
    [InlineData("/a", "/a", "")]
    [InlineData("/a?b?c", "/a", "b?c")]
    [InlineData("/?", "/", "")]
    [InlineData("http://h", "/", "")]
    [InlineData("http://h?q", "/", "q")]
    [InlineData("HTTP://h:1/p?q", "/p", "q")]
    [InlineData("https://h//p", "//p", "")]
    public void A_target_is_reduced_to_path_and_query(string target, string path, string query)
    {
        HeadScan scan = default;
        byte[] bytes = Encoding.Latin1.GetBytes($"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(ParseStatus.Done, _parser.ParseHead(new ReadOnlySequence<byte>(bytes), ref scan, out _));
        Assert.Equal((path, query), (Text(_parser.Head.Path), Text(_parser.Head.Query)));
    }

    [Theory]
    [InlineData("1.1", "X: y", true)]
    [InlineData("1.1", "Connection: close", false)]
    [InlineData("1.1", "Connection: a, Close ,b", false)]
    [InlineData("1.1", "Connection: keep-alive\r\nConnection: close", false)]
    [InlineData("1.1", "Connection: closed", true)]
    [InlineData("1.0", "X: y", false)]
    [InlineData("1.0", "Connection: Keep-Alive", true)]
    [InlineData("1.0", "Connection: x,keep-alive", true)]
    [InlineData("1.0", "Connection: keep-alive, close", false)]
    public void Persistence_follows_version_and_Connection(string version, string field, bool keepAlive)
    {
        HeadScan scan = default;
        byte[] bytes = Encoding.Latin1.GetBytes(HttpParserData.With(field, version, "GET"));
        Assert.Equal(ParseStatus.Done, _parser.ParseHead(new ReadOnlySequence<byte>(bytes), ref scan, out _));
        Assert.Equal(keepAlive, _parser.Head.KeepAlive);
        ConnectionOption kept = version == "1.1" ? ConnectionOption.None : ConnectionOption.KeepAlive;
        Assert.Equal(keepAlive ? kept : ConnectionOption.Close, _parser.Head.AnswerOption);
    }

    [Fact]
    public void A_request_has_started_with_its_first_byte_and_not_with_an_empty_line()
    {
        HeadScan scan = default;
        byte[] bytes = Encoding.Latin1.GetBytes("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(ParseStatus.NeedMoreData, _parser.ParseHead(new ReadOnlySequence<byte>(bytes, 0, length), ref scan, out _));
            Assert.Equal(length > 4, scan.Started);
        }

        Assert.Equal(ParseStatus.Done, _parser.ParseHead(new ReadOnlySequence<byte>(bytes), ref scan, out _));
        Assert.False(scan.Started);
    }

    [Fact]
    public void A_head_that_comes_byte_by_byte_is_not_read_again_and_again()
    {
        byte[] bytes = Encoding.Latin1.GetBytes(HttpParserData.Find("longest head").Text);
        HeadScan scan = default;
        int previous = 0;
        for (int length = 1; length < bytes.Length; length++)
        {
            Assert.Equal(ParseStatus.NeedMoreData, _parser.ParseHead(new ReadOnlySequence<byte>(bytes, 0, length), ref scan, out _));

            // A CR is looked at twice, and never anything behind it.
            Assert.InRange(scan.ScannedBytes, length - 1, length);
            Assert.True(scan.ScannedBytes >= previous);
            previous = scan.ScannedBytes;
        }
    }

    [Fact]
    public void The_second_request_does_not_see_the_first()
    {
        HeadScan scan = default;
        byte[] first = Encoding.Latin1.GetBytes(HttpParserData.With(
            "Authorization: Bearer a\r\nTransfer-Encoding: chunked\r\nConnection: close"));
        byte[] second = Encoding.Latin1.GetBytes("GET / HTTP/1.1\r\nHost: b\r\n\r\n");
        Assert.Equal(ParseStatus.Done, _parser.ParseHead(new ReadOnlySequence<byte>(first), ref scan, out _));
        Assert.Equal(ParseStatus.Done, _parser.ParseHead(new ReadOnlySequence<byte>(second), ref scan, out _));
        Assert.False(_parser.Head.HasAuthorization || _parser.Head.IsChunked);
        Assert.True(_parser.Head.Authorization.IsEmpty && _parser.Head.KeepAlive);
        Assert.Equal(-1, _parser.Head.ContentLength);
    }

    [Fact]
    public void Every_reason_has_a_status_code_and_a_text()
    {
        foreach (RejectReason reason in Enum.GetValues<RejectReason>())
        {
            Assert.Contains(RejectReasons.StatusCode(reason), new[] { 400, 408, 413, 414, 417, 431, 501, 505 });
            string text = Encoding.UTF8.GetString(RejectReasons.Text(reason));
            Assert.DoesNotContain(text, character => character is < ' ' or > '~' or '"' or '\\');
            Assert.NotEmpty(text);
        }
    }

    /// <summary>Every point of a short input; of a long one the ends and a sample.</summary>
    private static IEnumerable<int> SplitPoints(int length)
    {
        for (int at = 0; at <= length; at++)
        {
            if (length < 1000 || at < 40 || length - at < 40 || at % 1997 == 0 || Math.Abs(at - 8192) < 20)
            {
                yield return at;
            }
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
