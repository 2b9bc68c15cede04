using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Tls;

/// <summary>Requests over TLS: in whatever records they come, every byte of the answers arrives, and the end is said.</summary>
public sealed class RequestTests(TlsServer tls) : IClassFixture<TlsServer>
{
    public static TheoryData<SslProtocols> Versions => [SslProtocols.Tls12, SslProtocols.Tls13];

    private byte[] Verify => new ApiRequest("keys.verifyKey", $$"""{"key":"{{tls.Key.Key}}"}""") { Authorization = "Bearer " + tls.Client.RootKey }.ToBytes();

    [Theory]
    [MemberData(nameof(Versions))]
    public void PipelinedRequestsAreAnsweredInOrder(SslProtocols protocol)
    {
        const int Count = 500;
        using RawConnection connection = new(tls.Process.Port, tls: tls.Files.Client(protocol));

        // Much more than a record holds, so that requests lie across records.
        connection.Send([.. Enumerable.Range(0, Count).SelectMany(i => i % 2 == 0 ? Verify : Encoding.ASCII.GetBytes(TlsServer.Liveness))]);
        for (int i = 0; i < Count; i++)
        {
            HttpAnswer answer = connection.Read();
            Assert.Equal(200, answer.Status);
            Assert.Contains(i % 2 == 0 ? "\"code\":\"VALID\"" : "cooking", answer.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void ARecordForEachByteIsARequestAllTheSame(SslProtocols protocol)
    {
        using RawConnection connection = new(tls.Process.Port, tls: tls.Files.Client(protocol));
        for (int i = 0; i < 3; i++)
        {
            connection.SendByteByByte(Encoding.Latin1.GetString(Verify));
            Assert.Contains("\"code\":\"VALID\"", connection.Read().Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    [InlineData(9_000_000)]
    public void LargeBodiesArrive(int bytes)
    {
        // As long as the body may be, and then refused for what it is: the last byte was looked at.
        string body = $$"""{"name":"{{new string('x', bytes)}}"}""";
        Reply reply = tls.Client.Send(new ApiRequest("apis.createApi", body) { Authorization = "Bearer " + tls.Client.RootKey });
        Assert.Equal(400, reply.Status);
        Assert.Contains("maxLength", reply.Http.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void ABodyThatIsTooLongIsAnsweredBeforeItIsThere()
    {
        using RawConnection connection = tls.Process.Connect();
        connection.Send("POST /v2/apis.createApi HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
        connection.Send(new byte[100_000]);
        Assert.Equal(413, connection.Read().Status);
        Assert.True(connection.ReadEnd());
    }

    [Fact]
    public void LargeAnswersAreWhole()
    {
        using RawConnection connection = tls.Process.Connect();
        HttpAnswer first = Get(connection, "/openapi.json");
        Assert.True(first.Body.Length > 50_000);
        Assert.All(Enumerable.Range(0, 20), _ => Assert.Equal(first.Body, Get(connection, "/openapi.json").Body));
    }

    [Fact]
    public void WhoHasFinishedSendingIsStillAnswered()
    {
        using RawConnection connection = tls.Process.Connect();
        connection.Send([.. Verify, .. Verify]);
        connection.HalfClose();
        Assert.Equal(200, connection.Read().Status);
        Assert.Equal(200, connection.Read().Status);
        Assert.True(connection.ReadEnd());
    }

    [Theory]
    [InlineData("GET /v2/liveness HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200)]
    [InlineData("GET /openapi.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200)]
    [InlineData("GET / HTTP/9.9\r\n\r\n", 505)]
    [InlineData("GET /v2/liveness HTTP/1.1\r\nHost: a\r\n", 408)]
    public void BehindTheLastAnswerTheEndIsSaid(string request, int status)
    {
        using Recording recording = new(tls.Process.Port);
        using SslStream stream = new(recording);

        // In TLS 1.2 the type of a record stands in the open: 21 is an alert, and in an orderly session close_notify is the only one.
        stream.AuthenticateAsClient(tls.Files.Client(SslProtocols.Tls12));
        stream.Write(Encoding.ASCII.GetBytes(request));
        using MemoryStream answer = new();
        stream.CopyTo(answer);
        Assert.StartsWith($"HTTP/1.1 {status} ", Encoding.ASCII.GetString(answer.ToArray()), StringComparison.Ordinal);
        Assert.Equal(21, recording.RecordTypes().Last());
    }

    [Fact]
    public void AnIdleConnectionIsClosedWithItsEndSaid()
    {
        using CertificateFiles files = new();
        using ServerProcess server = files.Start("--idle-timeout", "300ms");
        using Recording recording = new(server.Port);
        using SslStream stream = new(recording);
        stream.AuthenticateAsClient(files.Client(SslProtocols.Tls12));
        Assert.Equal(0, stream.Read(new byte[1]));
        Assert.Equal(21, recording.RecordTypes().Last());
    }

    [Fact]
    public void AStopAnswersWhatIsUnderWayAndSaysTheEnd()
    {
        using CertificateFiles files = new();
        using ServerProcess server = files.Start("--threads", "1");
        using RawConnection idle = server.Connect();
        using RawConnection body = server.Connect();
        using RawConnection early = new(server.Port);
        TlsServer.AssertAnswers(idle);
        TlsServer.AssertAnswers(body);
        body.Send("POST /v2/apis.createApi HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{");
        server.Terminate();
        Assert.True(idle.ReadEnd());
        early.ReadToEnd();
        body.Send("}");
        HttpAnswer answer = body.Read();
        Assert.InRange(answer.Status, 400, 499);
        Assert.True(answer.Closes);
        Assert.True(body.ReadEnd());
        Assert.Equal(0, server.WaitForEnd());
    }

    private static HttpAnswer Get(RawConnection connection, string path)
    {
        connection.Send($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return connection.Read();
    }

    /// <summary>A socket that keeps what came from the server.</summary>
    private sealed class Recording(int port) : NetworkStream(Connected(port), ownsSocket: true)
    {
        private readonly List<byte> _received = [];

        public IEnumerable<byte> RecordTypes()
        {
            const int HeaderBytes = 5;
            for (int i = 0; i < _received.Count; i += HeaderBytes + (_received[i + 3] << 8) + _received[i + 4])
            {
                yield return _received[i];
            }
        }

        public override int Read(Span<byte> buffer)
        {
            int count = Socket.Receive(buffer);
            _received.AddRange(buffer[..count]);
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        private static Socket Connected(int port)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
            socket.Connect(IPAddress.Loopback, port);
            return socket;
        }
    }
}
