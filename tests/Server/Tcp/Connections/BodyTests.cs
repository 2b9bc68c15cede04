using System;
using System.Text;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Connections;

/// <summary>Large bodies, announced bodies and bodies that do not come.</summary>
public sealed class BodyTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const int BodyBytesMax = 10 * 1024 * 1024;

    [Fact]
    public void ABodyOfTheLargestSizeIsReadAndOneByteMoreIs413()
    {
        using RawConnection connection = Server.Connect();
        connection.Send(Head($"Content-Length: {BodyBytesMax}"));
        SendBlanks(connection, BodyBytesMax);
        new Reply(connection.Read(), "largest body").Refused(ErrorCode.InvalidInput);
        connection.Send(Head($"Content-Length: {BodyBytesMax + 1}"));
        AssertTooLarge(connection);
    }

    [Fact]
    public void A413IsReadableByAClientThatGoesOnSending()
    {
        using RawConnection connection = Server.Connect();
        connection.Send(Head("Content-Length: 33554432"));
        bool cut = false;
        try
        {
            SendBlanks(connection, 12 * 1024 * 1024);
        }
        catch (System.Net.Sockets.SocketException)
        {
            cut = true;
        }

        // Whether the server took all of it or closed its side: the answer must still be there to read.
        HttpAnswer answer = connection.Read();
        Assert.True(answer.Status == 413, $"{answer} (cut: {cut})");
    }

    [Fact]
    public void AChunkedBodyOverTheLimitIs413()
    {
        using RawConnection connection = Server.Connect();
        connection.Send(Head("Transfer-Encoding: chunked"));
        string chunk = $"{1024 * 1024:x}\r\n{new string(' ', 1024 * 1024)}\r\n";
        for (int i = 0; i < 10; i++)
        {
            connection.Send(chunk);
        }

        connection.Send("1\r\n \r\n");
        AssertTooLarge(connection);
    }

    [Fact]
    public void ExpectContinueIsAnsweredBeforeTheBody()
    {
        string body = $$"""{"key":"{{Scene.Key.Key}}"}""";
        using RawConnection connection = Server.Connect();
        for (int i = 0; i < 3; i++)
        {
            connection.Send(Head($"Content-Length: {body.Length}\r\nExpect: 100-continue"));
            Assert.Equal(100, connection.ReadOne().Status);
            connection.Send(body);
            Assert.Equal("VALID", new Reply(connection.ReadOne(), "after 100").Code);
        }
    }

    [Fact]
    public void ExpectContinueOfATooLargeBodyIsRefusedWithoutReadingIt()
    {
        using RawConnection connection = Server.Connect();
        connection.Send(Head("Content-Length: 33554432\r\nExpect: 100-continue"));
        HttpAnswer answer = connection.ReadOne();
        Assert.Equal(413, answer.Status);
        Assert.True(answer.Closes);
    }

    [Fact]
    public void ABodySentAtOnceNeedsNoInterimAnswer()
    {
        string body = $$"""{"key":"{{Scene.Key.Key}}"}""";
        using RawConnection connection = Server.Connect();
        connection.Send(Head($"Content-Length: {body.Length}\r\nExpect: 100-continue") + body);
        HttpAnswer answer = connection.ReadOne();
        if (answer.Status == 100)
        {
            answer = connection.ReadOne();
        }

        Assert.Equal(200, answer.Status);
        Assert.False(connection.Arrives(TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public void TheBodyOfARefusedRequestIsNeverTakenForARequest()
    {
        string inner = $"POST /v2/keys.deleteKey HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {Client.RootKey}\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n"
            + $$"""{"keyId":"{{Scene.Key.KeyId}}"}""";
        foreach (string line in new[] { "POST /v2/nope", "GET /v2/keys.verifyKey", "PUT /v2/keys.verifyKey", "GET /v2/liveness" })
        {
            using RawConnection connection = Server.Connect();
            connection.Send($"{line} HTTP/1.1\r\nHost: a\r\nContent-Length: {inner.Length}\r\n\r\n{inner}");
            HttpAnswer answer = connection.Read();
            Assert.True(answer.Status is 200 or 400 or 404 or 405, answer.ToString());
            connection.Send("GET /v2/liveness HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            string rest = Encoding.Latin1.GetString(connection.ReadToEnd());
            Assert.DoesNotContain("\"data\":{}", rest);
        }

        Assert.Equal("VALID", Client.Verify(Scene.Key.Key).Code);
    }

    [Fact]
    public void ALargeColdAnswerArrivesWhole()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"meta\":{{\"a\":\"{new string('x', 900_000)}\"}}");
        using RawConnection connection = Server.Connect();
        byte[] get = new ApiRequest("keys.getKey", $$"""{"keyId":"{{key.KeyId}}"}""") { Authorization = "Bearer " + Client.RootKey }.ToBytes();
        byte[] verify = new ApiRequest("keys.verifyKey", $$"""{"key":"{{key.Key}}"}""") { Authorization = "Bearer " + Client.RootKey }.ToBytes();
        for (int i = 0; i < 5; i++)
        {
            connection.Send([.. get, .. verify]);
            Assert.Equal(900_000, Meta(connection));
            Assert.Equal(900_000, Meta(connection));
        }

        static int Meta(RawConnection connection) =>
            new Reply(connection.Read(), "large").Data.GetProperty("meta").GetProperty("a").GetString()!.Length;
    }

    private string Head(string fields) =>
        $"POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {Client.RootKey}\r\nContent-Type: application/json\r\n{fields}\r\n\r\n";

    private static void SendBlanks(RawConnection connection, int count)
    {
        byte[] blanks = Encoding.Latin1.GetBytes(new string(' ', 64 * 1024));
        for (int sent = 0; sent < count; sent += blanks.Length)
        {
            connection.Send(blanks.AsSpan(0, Math.Min(blanks.Length, count - sent)));
        }
    }

    private static void AssertTooLarge(RawConnection connection)
    {
        HttpAnswer answer = connection.Read();
        Assert.True(answer.Status == 413, answer.ToString());
        Assert.True(answer.Closes);
        Assert.True(connection.ReadEnd());
    }
}
