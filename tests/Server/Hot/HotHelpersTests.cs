using System.Buffers;
using System.Collections.Generic;
using System.Text;
using Unkey.Protocol;
using Unkey.Server.Hot;
using Unkey.Server.Transport;
using Xunit;

namespace Unkey.Server.Tests.Hot;

public sealed class HotHelpersTests
{
    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("203.0.113.7:4711, 10.0.0.1", "203.0.113.7")]
    [InlineData(" , ,203.0.113.7", "203.0.113.7")]
    [InlineData("[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("", "198.51.100.1")]
    [InlineData(" , ", "198.51.100.1")]
    public void ATrustedProxySaysWhomItSpeaksFor(string field, string expected) => Assert.Equal(expected, AddressOf(field, trusted: true));

    [Fact]
    public void AnybodyElseSpeaksForItself() => Assert.Equal("198.51.100.1", AddressOf("203.0.113.7", trusted: false));

    [Theory]
    [InlineData("application/json", true)]
    [InlineData("Application/JSON", true)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("application/json ;charset=utf-8", true)]
    [InlineData("application/jsonp", false)]
    [InlineData("application/json, text/plain", false)]
    [InlineData("text/plain", false)]
    [InlineData("", false)]
    public void OnlyJsonIsJson(string contentType, bool expected) =>
        Assert.Equal(expected, MediaType.IsJson(Encoding.ASCII.GetBytes(contentType)));

    [Fact]
    public void RequestIdsHaveTheContractsFormAndDoNotRepeat()
    {
        var ids = new RequestIds();
        var seen = new HashSet<string>();
        for (int i = 0; i < 100_000; i++)
        {
            string id = Encoding.ASCII.GetString(ids.Next());
            Assert.Matches("^req_[0-9A-Za-z]{9}$", id);
            Assert.True(seen.Add(id));
        }
    }

    private static string AddressOf(string field, bool trusted)
    {
        var connection = new Connection(new BufferPool()) { PeerIsTrustedProxy = trusted };
        connection.SetPeerAddress("198.51.100.1"u8);
        var parser = new HttpParser(HttpLimits.Default);
        HeadScan scan = default;
        byte[] head = Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {field}\r\n\r\n");
        Assert.Equal(ParseStatus.Done, parser.ParseHead(new ReadOnlySequence<byte>(head), ref scan, out _));
        return Encoding.ASCII.GetString(CallerAddress.Of(connection, parser.Head));
    }
}
