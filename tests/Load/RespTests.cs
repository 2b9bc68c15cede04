using System;
using System.Text;
using Xunit;

namespace Unkey.Load.Tests;

public sealed class RespTests
{
    public static TheoryData<string, int, string> Answers => new()
    {
        { "$5\r\nvalue\r\n", 200, "value" },
        { "$0\r\n\r\n", 200, "" },
        { "$2\r\n\r\n\r\n", 200, "\r\n" },
        { "$-1\r\n", 404, "" },
        { "+OK\r\n", 200, "OK" },
        { "-ERR no\r\n", 500, "ERR no" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void AnAnswerIsReadWholeAndNothingMore(string answer, int status, string body)
    {
        byte[] input = Encoding.ASCII.GetBytes(answer + "$1\r\nx\r\n");
        Assert.Equal(answer.Length, RespScanner.TryRead(input, out int readStatus, out ReadOnlySpan<byte> readBody));
        Assert.Equal(status, readStatus);
        Assert.Equal(body, Encoding.ASCII.GetString(readBody));
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void AnyPartOfAnAnswerNeedsMore(string answer, int status, string body)
    {
        _ = (status, body);
        byte[] input = Encoding.ASCII.GetBytes(answer);
        for (int length = 0; length < input.Length; length++)
        {
            Assert.Equal(0, RespScanner.TryRead(input.AsSpan(0, length), out _, out _));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("$\r\n")]
    [InlineData("$1x\r\nab\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$9999999999\r\n")]
    [InlineData("$1\r\nabc")]
    [InlineData("\r\n")]
    public void WhatIsNoAnswerIsRefused(string input) => Assert.Equal(-1, RespScanner.TryRead(Encoding.ASCII.GetBytes(input), out _, out _));

    [Fact]
    public void CommandsAreArraysOfBulkStrings()
    {
        Span<byte> bytes = new byte[RespWriter.BytesMax(3, 12)];
        int get = RespWriter.WriteCommand(bytes, "GET"u8, "key"u8, default);
        Assert.Equal("*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", Encoding.ASCII.GetString(bytes[..get]));
        int set = RespWriter.WriteCommand(bytes, "SET"u8, "key"u8, "twelve bytes"u8);
        Assert.Equal("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$12\r\ntwelve bytes\r\n", Encoding.ASCII.GetString(bytes[..set]));
    }

    [Fact]
    public void AStoredValueHasTheSizeAskedForAndSaysValid()
    {
        byte[] value = FillCommand.Value(348);
        Assert.Equal(348, value.Length);
        Tally tally = new();
        tally.Add(200, value);
        Assert.Equal(1, tally.Valid);
        Assert.Throws<FormatException>(() => FillCommand.Value(64));
    }
}
