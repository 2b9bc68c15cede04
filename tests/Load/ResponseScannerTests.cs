using System;
using System.Text;
using Xunit;

namespace Unkey.Load.Tests;

public sealed class ResponseScannerTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK", 200, "OK")]
    [InlineData("HTTP/1.1 429 Too Many\r\nDate: now\r\ncontent-length:      3\r\n\r\nabc", 429, "abc")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "")]
    public void AResponseIsReadWholeAndEveryPartOfItNeedsMore(string response, int status, string body)
    {
        byte[] input = Encoding.ASCII.GetBytes(response + "HTTP/1.1 ");
        Assert.Equal(response.Length, ResponseScanner.TryRead(input, out int readStatus, out ReadOnlySpan<byte> readBody));
        Assert.Equal(status, readStatus);
        Assert.Equal(body, Encoding.ASCII.GetString(readBody));
        for (int length = 0; length < response.Length; length++)
        {
            Assert.Equal(0, ResponseScanner.TryRead(input.AsSpan(0, length), out _, out _));
        }
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nOK")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 xyz OK\r\nContent-Length: 2\r\n\r\nOK")]
    public void WhatThisToolCannotReadIsRefused(string response) =>
        Assert.Equal(-1, ResponseScanner.TryRead(Encoding.ASCII.GetBytes(response), out _, out _));
}
