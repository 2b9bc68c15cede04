using System;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Connections;

/// <summary>Keep-alive, pipelining and the ways in which bytes may arrive.</summary>
public sealed class KeepAliveTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string Liveness = "GET /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n";

    private byte[] VerifyRequest => new ApiRequest("keys.verifyKey", $$"""{"key":"{{Scene.Key.Key}}"}""")
    {
        Authorization = "Bearer " + Client.RootKey,
    }.ToBytes();

    private string VerifyText => Encoding.Latin1.GetString(VerifyRequest);

    [Fact]
    public void AThousandRequestsUseOneConnection()
    {
        using RawConnection connection = Server.Connect();
        byte[] request = VerifyRequest;
        for (int i = 0; i < 1000; i++)
        {
            connection.Send(request);
            HttpAnswer answer = connection.Read();
            Assert.Equal(200, answer.Status);
            Assert.False(answer.Closes);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(500)]
    public void PipelinedRequestsAreAnsweredInOrder(int count)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"credits\":{{\"remaining\":{count}}}");
        byte[] request = new ApiRequest("keys.verifyKey", $$"""{"key":"{{key.Key}}"}""") { Authorization = "Bearer " + Client.RootKey }.ToBytes();
        using RawConnection connection = Server.Connect();
        connection.Send([.. Enumerable.Repeat(request, count).SelectMany(bytes => bytes)]);
        for (int left = count - 1; left >= 0; left--)
        {
            Reply reply = new(connection.Read(), "pipelined verify");
            Assert.Equal((true, left), (reply.Data.GetProperty("valid").GetBoolean(), reply.Data.GetProperty("credits").GetInt32()));
        }

        Assert.False(connection.Arrives(TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public void HotAndColdRequestsPipelinedTogetherComeBackInOrder()
    {
        // A cold request leaves the reactor and takes a commit; what was sent behind it has to wait for its turn.
        StringBuilder requests = new();
        const int Rounds = 20;
        for (int i = 0; i < Rounds; i++)
        {
            requests.Append(VerifyText).Append(Post("apis.createApi", $$"""{"name":"pipelined {{i}}"}""")).Append(Liveness)
                .Append(Post("apis.getApi", $$"""{"apiId":"{{Scene.ApiId}}"}""")).Append(VerifyText).Append("GET /v2/nope HTTP/1.1\r\nHost: a\r\n\r\n");
        }

        using RawConnection connection = Server.Connect();
        connection.Send(requests.ToString());
        for (int i = 0; i < Rounds; i++)
        {
            Assert.Equal("VALID", Next().Code);
            Assert.StartsWith("api_", Next().Data.GetProperty("apiId").GetString());
            Assert.Equal("we're cooking", Next().Data.GetProperty("message").GetString());
            Assert.Equal(Scene.ApiId, Next().Data.GetProperty("id").GetString());
            Assert.Equal("VALID", Next().Code);
            Assert.Equal(404, connection.Read().Status);
        }

        Reply Next() => new(connection.Read(), "pipelined");
    }

    [Fact]
    public void APipelinedVerificationSeesTheColdWriteBeforeIt()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        string verify = Post("keys.verifyKey", $$"""{"key":"{{key.Key}}"}""");
        using RawConnection connection = Server.Connect();
        connection.Send(verify + Post("keys.updateKey", $$"""{"keyId":"{{key.KeyId}}","enabled":false}""") + verify
            + Post("keys.deleteKey", $$"""{"keyId":"{{key.KeyId}}"}""") + verify);
        Assert.Equal("VALID", new Reply(connection.Read(), "before").Code);
        connection.Read();
        Assert.Equal("DISABLED", new Reply(connection.Read(), "after update").Code);
        connection.Read();
        Assert.Equal("NOT_FOUND", new Reply(connection.Read(), "after delete").Code);
    }

    [Fact]
    public void ARequestByteByByteIsServed()
    {
        using RawConnection connection = Server.Connect();
        connection.SendByteByByte(VerifyText + Liveness + Post("apis.getApi", $$"""{"apiId":"{{Scene.ApiId}}"}"""));
        Assert.Equal("VALID", new Reply(connection.Read(), "byte by byte").Code);
        Assert.Equal(200, connection.Read().Status);
        Assert.Equal(200, connection.Read().Status);
    }

    [Fact]
    public void ARequestSplitAtAnyByteIsServed()
    {
        string text = VerifyText;
        using RawConnection connection = Server.Connect();
        for (int split = 1; split < text.Length; split++)
        {
            connection.Send(text[..split]);
            connection.Send(text[split..]);
            Assert.True(new Reply(connection.Read(), $"split at {split}").Code == "VALID", $"split at {split}");
        }
    }

    [Fact]
    public void AChunkedBodySplitAtAnyByteIsServed()
    {
        string body = $$"""{"key":"{{Scene.Key.Key}}"}""";
        string head = $"POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {Client.RootKey}\r\n"
            + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        string chunks = $"5\r\n{body[..5]}\r\n{body.Length - 5:x};ext=\"a\"\r\n{body[5..]}\r\n0\r\nX-Trailer: dropped\r\n\r\n";
        using RawConnection connection = Server.Connect();
        for (int split = 0; split <= chunks.Length; split++)
        {
            connection.Send(head + chunks[..split]);
            connection.Send(chunks[split..]);
            Assert.True(new Reply(connection.Read(), $"split at {split}").Code == "VALID", $"split at {split}");
        }
    }

    [Fact]
    public void AHalfCloseAfterARequestIsNotAnAbort()
    {
        foreach (string request in new[] { VerifyText, Liveness, Post("apis.createApi", """{"name":"half-closed"}"""), VerifyText + VerifyText })
        {
            using RawConnection connection = Server.Connect();
            connection.Send(request);
            connection.HalfClose();
            Assert.Equal(200, connection.Read().Status);
            if (request.Length > VerifyText.Length)
            {
                Assert.Equal(200, connection.Read().Status);
            }

            Assert.True(connection.ReadEnd());
        }
    }

    [Fact]
    public void AHalfCloseInTheMiddleOfARequestDoesNothing()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":5}");
        string request = Post("keys.verifyKey", $$"""{"key":"{{key.Key}}"}""");
        foreach (int length in new[] { 1, 20, request.Length - 20, request.Length - 1 })
        {
            using RawConnection connection = Server.Connect();
            connection.Send(request[..length]);
            connection.HalfClose();
            string answer = Encoding.Latin1.GetString(connection.ReadToEnd());
            Assert.DoesNotContain("valid", answer);
            Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal), answer);
        }

        Assert.Equal(4, Client.Verify(key.Key).Data.GetProperty("credits").GetInt32());
    }

    [Fact]
    public void ConnectionCloseIsAnsweredAndObeyed()
    {
        foreach (string request in new[] { "GET /v2/liveness HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /v2/liveness HTTP/1.0\r\n\r\n" })
        {
            using RawConnection connection = Server.Connect();
            connection.Send(request + Liveness);
            HttpAnswer answer = connection.Read();
            Assert.Equal(200, answer.Status);
            Assert.True(answer.Closes);
            Assert.True(connection.ReadEnd());
        }
    }

    [Fact]
    public void Http10MayAskToBeKeptAndIsToldThatItIs()
    {
        string verify = Post("keys.verifyKey", """{"key":"none"}""");
        string cold = Post("apis.createApi", """{"name":"an api"}""");
        string refused = Post("keys.verifyKey", "{}");
        string limit = Post("ratelimit.limit", """{"namespace":"old","identifier":"u","limit":10,"duration":60000}""");
        using RawConnection connection = Server.Connect();
        foreach ((string head, int status) in new[]
        {
            ("GET /v2/liveness HTTP/1.1\r\nHost: a\r\n", 200), (verify, 200), (limit, 200), (limit, 200), (cold, 200), (refused, 400),
            ("GET /openapi.json HTTP/1.1\r\nHost: a\r\n", 200), ("GET /nothing HTTP/1.1\r\nHost: a\r\n", 404), ("GET /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\n", 405),
        })
        {
            // In HTTP/1.1 a connection lives on without a word, in HTTP/1.0 only when both sides say so.
            connection.Send(With("", head));
            HttpAnswer silent = connection.Read();
            connection.Send(With("Connection: Keep-Alive\r\n", head.Replace("HTTP/1.1", "HTTP/1.0", StringComparison.Ordinal)));
            HttpAnswer told = connection.Read();
            Assert.Equal((status, status), (silent.Status, told.Status));
            Assert.Equal((null, "keep-alive"), (silent.Field("connection"), told.Field("connection")));
        }

        connection.Send(With("Connection: keep-alive, close\r\n", verify.Replace("HTTP/1.1", "HTTP/1.0", StringComparison.Ordinal)));
        Assert.True(connection.Read().Closes);
        Assert.True(connection.ReadEnd());

        // The field goes behind the request line; the body, where there is one, stays at the end.
        static string With(string field, string request)
        {
            int line = request.IndexOf("\r\n", StringComparison.Ordinal) + 2;
            return request[..line] + field + request[line..] + (request.Contains("\r\n\r\n", StringComparison.Ordinal) ? "" : "\r\n");
        }
    }

    [Fact]
    public void HeadHasTheFieldsOfGetAndNoBody()
    {
        using RawConnection connection = Server.Connect();
        connection.Send("HEAD /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n" + Liveness);
        HttpAnswer head = connection.Read(toHead: true);
        HttpAnswer get = connection.Read();
        Assert.Equal((200, 200), (head.Status, get.Status));
        Assert.Equal(get.Field("content-length"), head.Field("content-length"));
        Assert.Equal(get.ContentType, head.ContentType);
    }

    [Fact]
    public void HeadOfWhatIsRefusedHasNoBodyEither()
    {
        using RawConnection connection = Server.Connect();
        connection.Send("HEAD /v2/nope HTTP/1.1\r\nHost: a\r\n\r\nHEAD /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\n\r\n" + Liveness);
        Assert.Equal(404, connection.Read(toHead: true).Status);
        Assert.Equal(405, connection.Read(toHead: true).Status);
        Assert.Equal(200, connection.Read().Status);
    }

    [Fact]
    public void WhatFollowsASyntaxErrorIsNotServedAndWhatPrecedesItIs()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":5}");
        string verify = Post("keys.verifyKey", $$"""{"key":"{{key.Key}}"}""");
        using RawConnection connection = Server.Connect();
        connection.Send(verify + Post("apis.createApi", """{"name":"before the error"}""") + "GET /v2/liveness HTTP/1.1\r\nHost : a\r\n\r\n" + verify);
        Assert.Equal(4, new Reply(connection.Read(), "before").Data.GetProperty("credits").GetInt32());
        Assert.Equal(200, connection.Read().Status);
        HttpAnswer refusal = connection.Read();
        Assert.Equal(400, refusal.Status);
        Assert.True(refusal.Closes);
        Assert.True(connection.ReadEnd());
        Assert.Equal(3, Client.Verify(key.Key).Data.GetProperty("credits").GetInt32());
    }

    [Fact]
    public void AClientThatResetsHarmsNobody()
    {
        for (int i = 0; i < 50; i++)
        {
            RawConnection connection = Server.Connect();
            connection.Send(i % 2 == 0 ? VerifyText[..(i * 3)] : string.Concat(Enumerable.Repeat(VerifyText, i)));
            connection.Abort();
        }

        Assert.Equal("VALID", Client.Verify(Scene.Key.Key).Code);
        Assert.Equal(0, Server.Metric("unkey_connection_faults_total"));
    }

    [Fact]
    public async Task ManyConnectionsAreServedSideBySide()
    {
        byte[] request = VerifyRequest;
        int[] served = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using RawConnection connection = Server.Connect();
                int count = 0;
                for (int i = 0; i < 50; i++)
                {
                    connection.Send(request);
                    connection.Send(request);
                    count += connection.Read().Status == 200 ? 1 : 0;
                    count += connection.Read().Status == 200 ? 1 : 0;
                }

                return count;
            },
            TaskCreationOptions.LongRunning)));
        Assert.All(served, count => Assert.Equal(100, count));
    }

    [Fact]
    public void TheCallerRememberedOnAConnectionIsComparedInFull()
    {
        using RawConnection connection = Server.Connect();
        byte[] good = VerifyRequest;
        foreach (string other in new[] { Client.RootKey + "x", Client.RootKey[..^1], Client.RootKey[..^1] + "\u007e", "x" + Client.RootKey[1..] })
        {
            connection.Send(good);
            Assert.Equal(200, connection.Read().Status);
            connection.Send(new ApiRequest("keys.verifyKey", $$"""{"key":"{{Scene.Key.Key}}"}""") { Authorization = "Bearer " + other }.ToBytes());
            Assert.Equal(401, connection.Read().Status);
        }
    }

    private string Post(string operation, string body) =>
        Encoding.UTF8.GetString(new ApiRequest(operation, body) { Authorization = "Bearer " + Client.RootKey }.ToBytes());
}
