using System.Buffers;
using System.Text;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void A_plain_request_is_parsed()
    {
        var parser = new HttpParser(HttpLimits.Default);
        HeadScan scan = default;
        byte[] bytes = Encoding.ASCII.GetBytes("\r\nPOST /v2/keys.verifyKey?a=b HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nContent-Length: 5\r\n\r\nhello");
        Assert.Equal(ParseStatus.Done, parser.ParseHead(new ReadOnlySequence<byte>(bytes), ref scan, out _));
        Assert.Equal(bytes.Length - 5, parser.Head.ByteCount);
        Assert.Equal("/v2/keys.verifyKey", Encoding.ASCII.GetString(parser.Head.Path));
        Assert.Equal("a=b", Encoding.ASCII.GetString(parser.Head.Query));
        Assert.Equal(5, parser.Head.ContentLength);
        Assert.Equal("Bearer x", Encoding.ASCII.GetString(parser.Head.Authorization));
    }
}
