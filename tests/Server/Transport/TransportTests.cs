using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Hosting;
using Xunit;
using static Unkey.Server.Tests.Transport.TransportFixture;

namespace Unkey.Server.Tests.Transport;

public sealed class TransportTests
{
    public static TheoryData<TransportKind> Kinds => OperatingSystem.IsLinux()
        ? new() { TransportKind.Epoll, TransportKind.Portable }
        : new() { TransportKind.Portable };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PipelinedHotAndColdRequestsAreAnsweredInOrder(TransportKind kind)
    {
        using var fixture = new TransportFixture(kind);
        using Socket socket = fixture.Connect();
        Send(socket, Verify() + ColdCall() + Liveness + Verify("unknown") + ColdCall("{\"a\":1}") + Verify());
        fixture.Cold.Release();
        List<string> answers = Read(socket, 6);
        Assert.Contains("\"code\":\"VALID\"", answers[0], StringComparison.Ordinal);
        Assert.Contains("{\"bytes\":2}", answers[1], StringComparison.Ordinal);
        Assert.Contains("we're cooking", answers[2], StringComparison.Ordinal);
        Assert.Contains("{\"valid\":false,\"code\":\"NOT_FOUND\"}", answers[3], StringComparison.Ordinal);
        Assert.Contains("{\"bytes\":7}", answers[4], StringComparison.Ordinal);
        Assert.Contains("\"code\":\"VALID\"", answers[5], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ARequestMayArriveByteByByte(TransportKind kind)
    {
        using var fixture = new TransportFixture(kind);
        using Socket socket = fixture.Connect();
        foreach (char c in Verify() + Liveness)
        {
            Send(socket, c.ToString());
        }

        List<string> answers = Read(socket, 2);
        Assert.Contains("\"code\":\"VALID\"", answers[0], StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answers[1], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ChunkedBodiesAreJoined(TransportKind kind)
    {
        using var fixture = new TransportFixture(kind);
        using Socket socket = fixture.Connect();
        string body = $"{{\"key\":\"{Key}\"}}";
        string head = $"POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {RootKey}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        var chunks = new StringBuilder(head);
        foreach (char[] chunk in body.Chunk(3))
        {
            chunks.Append($"{chunk.Length:x}\r\n{new string(chunk)}\r\n");
        }

        chunks.Append("0\r\n\r\n");
        Send(socket, chunks.ToString());
        foreach (char c in chunks.ToString())
        {
            Send(socket, c.ToString());
        }

        Send(socket, Liveness);
        List<string> answers = Read(socket, 3);
        Assert.Contains("\"code\":\"VALID\"", answers[0], StringComparison.Ordinal);
        Assert.Contains("\"code\":\"VALID\"", answers[1], StringComparison.Ordinal);
        Assert.Contains("we're cooking", answers[2], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TheRouterRefusesWhatItDoesNotServe(TransportKind kind)
    {
        using var fixture = new TransportFixture(kind);
        using Socket socket = fixture.Connect();
        Assert.StartsWith("HTTP/1.1 404 ", Exchange("GET /nope HTTP/1.1\r\nHost: a\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 404 ", Exchange("GET /v2/liveness/ HTTP/1.1\r\nHost: a\r\n\r\n"), StringComparison.Ordinal);
        string wrongMethod = Exchange("GET /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 405 ", wrongMethod, StringComparison.Ordinal);
        Assert.Contains("\r\nAllow: POST\r\n", wrongMethod, StringComparison.Ordinal);
        Assert.EndsWith("Method Not Allowed", wrongMethod, StringComparison.Ordinal);
        Assert.Contains("\r\nLocation: /v2/liveness\r\n", Exchange("GET //v2/./liveness HTTP/1.1\r\nHost: a\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", Exchange("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), StringComparison.Ordinal);
        Send(socket, "HEAD /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.EndsWith("\r\n\r\n", Read(socket, 1, isHead: true)[0], StringComparison.Ordinal);
        Assert.Contains("we're cooking", Exchange(Liveness), StringComparison.Ordinal);

        string Exchange(string request)
        {
            Send(socket, request);
            return Read(socket, 1)[0];
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnAnswerIsDeliveredAfterTheClientsHalfClose(TransportKind kind)
    {
        using var fixture = new TransportFixture(kind);
        using Socket socket = fixture.Connect();
        Send(socket, ColdCall() + Liveness);
        socket.Shutdown(SocketShutdown.Send);
        fixture.Cold.Release();
        Assert.Equal(2, Read(socket, 3).Count);
        Assert.True(IsClosed(socket));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ASyntaxErrorIsAnsweredOnceAndEndsTheConnection(TransportKind kind)
    {
        using var fixture = new TransportFixture(kind);
        using Socket socket = fixture.Connect();
        Send(socket, Liveness + "GET /v2/liveness HTTP/1.1\nHost: a\r\n\r\n" + Liveness);
        List<string> answers = Read(socket, 3);
        Assert.Equal(2, answers.Count);
        Assert.StartsWith("HTTP/1.1 400 ", answers[1], StringComparison.Ordinal);
        Assert.Contains("\"errors\":[]", answers[1], StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", answers[1], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnAnnouncedBodyOverTheLimitIsRefusedFromItsLengthAndTheAnswerIsReadable(TransportKind kind)
    {
        using var fixture = new TransportFixture(kind, static o => o with { MaxBodyBytes = 1000 });
        using Socket socket = fixture.Connect();
        Send(socket, "POST /v2/test.cold HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
        Send(socket, new string('a', 1_000_000));
        string answer = Assert.Single(Read(socket, 2));
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("user/bad_request/request_body_too_large", answer, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ExpectContinueIsAnsweredBeforeTheBodyIsSent(TransportKind kind)
    {
        using var fixture = new TransportFixture(kind);
        fixture.Cold.Release();
        using Socket socket = fixture.Connect();
        Send(socket, "POST /v2/test.cold HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", Read(socket, 1)[0]);
        Send(socket, "12345");
        Assert.Contains("{\"bytes\":5}", Read(socket, 1)[0], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void DeadlinesOfHeadBodyAndIdleEndAConnection(TransportKind kind)
    {
        var soon = TimeSpan.FromMilliseconds(300);
        using var fixture = new TransportFixture(kind, o => o with { HeaderTimeout = soon, BodyTimeout = soon, IdleTimeout = soon });
        using Socket head = fixture.Connect();
        using Socket body = fixture.Connect();
        using Socket idle = fixture.Connect();
        Send(head, "GET /v2/liveness HTTP/1.1\r\nHo");
        Send(body, "POST /v2/test.cold HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12");
        Assert.StartsWith("HTTP/1.1 408 ", Assert.Single(Read(head, 2)), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 408 ", Assert.Single(Read(body, 2)), StringComparison.Ordinal);
        Assert.Empty(Read(idle, 1));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task AClientThatDoesNotReadIsLeftUnreadAndGetsEverythingWhenItDoes(TransportKind kind)
    {
        const int Requests = 20_000;
        using var fixture = new TransportFixture(kind);
        using Socket slow = fixture.Connect();
        byte[] requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(Liveness, 100)));
        Task sending = Task.Run(() =>
        {
            for (int i = 0; i < Requests / 100; i++)
            {
                for (int sent = 0; sent < requests.Length;)
                {
                    sent += slow.Send(requests, sent, requests.Length - sent, SocketFlags.None);
                }
            }
        });

        // While that client does not read, the sender gets stuck, and others are served.
        using Socket other = fixture.Connect();
        Send(other, Verify());
        Assert.Contains("\"code\":\"VALID\"", Read(other, 1)[0], StringComparison.Ordinal);

        long received = 0;
        byte[] buffer = new byte[1 << 16];
        string tail = "";
        while (received < Requests)
        {
            int count = slow.Receive(buffer);
            Assert.NotEqual(0, count);
            string text = tail + Encoding.ASCII.GetString(buffer, 0, count);
            int last = text.LastIndexOf("HTTP/1.1 200", StringComparison.Ordinal);
            received += text.Split("we're cooking").Length - 1;
            tail = text.Length - last < 400 && !text[last..].Contains("we're cooking", StringComparison.Ordinal) ? text[last..] : "";
        }

        Assert.Equal(Requests, received);
        await sending.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AboveTheConnectionLimitAClientIsToldAndClosed(TransportKind kind)
    {
        using var fixture = new TransportFixture(kind, static o => o with { MaxConnections = 2 });
        using Socket first = fixture.Connect();
        using Socket second = fixture.Connect();
        Send(first, Liveness);
        Send(second, Liveness);
        Assert.Single(Read(first, 1));
        Assert.Single(Read(second, 1));
        using Socket third = fixture.Connect();
        Assert.StartsWith("HTTP/1.1 503 ", Assert.Single(Read(third, 2)), StringComparison.Ordinal);
        Send(first, Liveness);
        Assert.Single(Read(first, 1));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task DrainingFinishesWhatIsInFlightAndClosesIdleConnections(TransportKind kind)
    {
        using var fixture = new TransportFixture(kind);
        using Socket idle = fixture.Connect();
        using Socket busy = fixture.Connect();
        Send(idle, Liveness);
        Assert.Single(Read(idle, 1));
        Send(busy, ColdCall());
        await fixture.Cold.Started.WaitAsync(TimeSpan.FromSeconds(10));
        Task<bool> drained = fixture.Server.DrainAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
        Assert.True(IsClosed(idle));
        fixture.Cold.Release();
        string answer = Assert.Single(Read(busy, 2));
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        Assert.True(await drained);
        Assert.Equal(0, fixture.Server.RentedBlocks);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task DrainingAnswersARequestThatHasArrivedButWasNotRead(TransportKind kind)
    {
        // The race is between the request and the drain, so it is run many times; whichever wins, the request is not lost.
        for (int round = 0; round < 20; round++)
        {
            using var fixture = new TransportFixture(kind);
            using Socket socket = fixture.Connect();
            Send(socket, Liveness);
            Assert.Single(Read(socket, 1));
            Send(socket, Liveness);
            Task<bool> drained = fixture.Server.DrainAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
            Assert.StartsWith("HTTP/1.1 200 ", Assert.Single(Read(socket, 1)), StringComparison.Ordinal);
            Assert.True(await drained);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void CredentialsBelongToOneRequest(TransportKind kind)
    {
        using var fixture = new TransportFixture(kind);
        using Socket socket = fixture.Connect();
        string wrong = RootKey[..^1] + "x";
        Send(socket, Verify());
        Assert.Contains("\"code\":\"VALID\"", Read(socket, 1)[0], StringComparison.Ordinal);
        Send(socket, Verify(rootKey: wrong));
        Assert.DoesNotContain("VALID", Read(socket, 1)[0], StringComparison.Ordinal);
        Send(socket, Verify(rootKey: ""));
        Assert.DoesNotContain("VALID", Read(socket, 1)[0], StringComparison.Ordinal);
        Send(socket, Verify());
        Assert.Contains("\"code\":\"VALID\"", Read(socket, 1)[0], StringComparison.Ordinal);
    }
}
