using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Tls;

/// <summary>Clients of the TLS port that are broken or mean harm: each is let go in time, and the others are served meanwhile.</summary>
public sealed class HostileTests(TlsServer tls) : IClassFixture<TlsServer>
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData("GET /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("G")]
    public void PlainHttpIsToldAndClosed(string request)
    {
        double before = TlsServer.Handshakes(tls.Process, "plain_http");
        using RawConnection connection = new(tls.Process.Port);
        connection.Send(request);
        HttpAnswer answer = connection.Read();
        Assert.Equal(400, answer.Status);
        Assert.Contains("https", answer.Text, StringComparison.Ordinal);
        Assert.True(answer.Closes);
        Assert.True(connection.ReadEnd());
        Assert.Equal(before + 1, TlsServer.Handshakes(tls.Process, "plain_http"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20_000)]
    public void GarbageIsClosed(int length)
    {
        byte[] garbage = new byte[16 + length];
        new Random(length).NextBytes(garbage);
        garbage[0] = 0xFE;
        using RawConnection connection = new(tls.Process.Port);
        connection.Send(garbage);
        Assert.True(connection.ReadToEnd().Length < 64);
        using RawConnection another = tls.Process.Connect();
        TlsServer.AssertAnswers(another);
    }

    [Fact]
    public void EveryCutAndEveryDamageOfAGreetingEnds()
    {
        byte[] greeting = Greeting();
        Random random = new(1);
        Parallel.For(0, 100, new ParallelOptions { MaxDegreeOfParallelism = 20 }, i =>
        {
            byte[] damaged = [.. greeting];
            int length = damaged.Length;
            lock (random)
            {
                if (i % 2 == 0)
                {
                    length = random.Next(1, greeting.Length);
                }
                else
                {
                    damaged[random.Next(1, greeting.Length)] ^= (byte)random.Next(1, 256);
                }
            }

            // A whole one whose damage does no harm is answered and then waits for the client's next step, until the deadline.
            using RawConnection connection = new(tls.Process.Port);
            connection.Send(damaged.AsSpan(0, length));
            connection.HalfClose();
            connection.ReadToEnd();
        });
        Assert.Equal("VALID", tls.Client.Verify(tls.Key.Key).Code);
    }

    [Theory]
    [InlineData("silent")]
    [InlineData("trickling")]
    [InlineData("half way")]
    public void AHandshakeThatTakesTooLongIsClosedAtItsDeadline(string kind)
    {
        byte[] greeting = Greeting();
        double before = TlsServer.Handshakes(tls.Process, "timeout");
        using RawConnection connection = new(tls.Process.Port);
        long start = Stopwatch.GetTimestamp();
        if (kind == "half way")
        {
            connection.Send(greeting); // The server's answer comes, and nothing follows it.
        }

        int sent = 0;
        Poll.Until(
            () =>
            {
                if (kind == "trickling" && sent < greeting.Length / 2)
                {
                    try
                    {
                        connection.Send(greeting.AsSpan(sent++, 1));
                    }
                    catch (SocketException)
                    {
                        return true;
                    }
                }

                return TlsServer.Handshakes(tls.Process, "timeout") > before;
            },
            "the handshake is given up");
        Assert.InRange(Stopwatch.GetElapsedTime(start), s_deadline - TimeSpan.FromMilliseconds(100), Poll.Deadline);
        connection.ReadToEnd();
    }

    [Fact]
    public void AClientThatOnlyConnectsIsCountedAsGone()
    {
        double before = TlsServer.Handshakes(tls.Process, "abandoned");
        new RawConnection(tls.Process.Port).Dispose();
        Poll.Until(() => TlsServer.Handshakes(tls.Process, "abandoned") == before + 1, "the connection is counted");
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public void ADamagedRecordEndsItsConnectionAlone(SslProtocols protocol)
    {
        double faults = tls.Process.Metric("unkey_connection_faults_total");
        using RawConnection connection = new(tls.Process.Port, tls: tls.Files.Client(protocol));
        TlsServer.AssertAnswers(connection);

        // Application data of the right form that no key of the session has sealed.
        byte[] record = [23, 3, 3, 0, 40, .. Enumerable.Repeat((byte)0x5A, 40)];
        connection.Socket.Send(record);
        Exception? end = Record.Exception(() => Assert.True(connection.ReadEnd()));
        Assert.True(end is null or System.IO.IOException or AuthenticationException, end?.ToString());
        Assert.Equal("VALID", tls.Client.Verify(tls.Key.Key).Code);
        Assert.Equal(faults, tls.Process.Metric("unkey_connection_faults_total"));
    }

    [Fact]
    public void AFloodOfHandshakesDoesNotStopVerifying()
    {
        // More half-open handshakes than are kept, again and again: each costs the server its greeting's arithmetic and then says nothing.
        using CertificateFiles files = new();
        using ServerProcess server = files.Start();
        using ApiClient client = server.Client();
        CreatedKey key = client.CreateKey(client.CreateApi());
        byte[] greeting = Greeting();
        using CancellationTokenSource stop = new();
        int begun = 0;
        Thread[] attackers = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            Queue<RawConnection> open = new();
            while (!stop.IsCancellationRequested)
            {
                RawConnection connection = new(server.Port);
                connection.Send(greeting);
                open.Enqueue(connection);
                Interlocked.Increment(ref begun);
                if (open.Count > 1500)
                {
                    open.Dequeue().Abort();
                }
            }

            foreach (RawConnection connection in open)
            {
                connection.Abort();
            }
        }))];
        Array.ForEach(attackers, static thread => thread.Start());
        try
        {
            Poll.Until(() => Volatile.Read(ref begun) > 500, "the flood has begun");
            int before = Volatile.Read(ref begun);
            for (int i = 0; i < 500; i++)
            {
                Assert.Equal("VALID", client.Verify(key.Key).Code);
            }

            // And a newcomer gets through: at once where there is processor time, or by trying again, as clients do.
            Poll.Until(() => TryAsNewcomer(server), "a newcomer gets through");

            Poll.Until(() => Volatile.Read(ref begun) > before, "the flood goes on meanwhile");
        }
        finally
        {
            stop.Cancel();
            Array.ForEach(attackers, static thread => thread.Join());
        }

        Assert.Equal("VALID", client.Verify(key.Key).Code);
    }

    [Fact]
    public void ManyHalfOpenHandshakesAreBounded()
    {
        using CertificateFiles files = new();
        using ServerProcess server = files.Start("--threads", "1", "--header-timeout", "1m");
        byte[] greeting = Greeting();
        List<RawConnection> open = [];
        try
        {
            for (int i = 0; i < 1100; i++)
            {
                RawConnection connection = new(server.Port);
                connection.Send(greeting);
                open.Add(connection);
            }

            // The oldest had to go, and only as many as came above the bound.
            Poll.Until(() => TlsServer.Handshakes(server, "displaced") == 1100 - 1024, "the oldest handshakes are ended");
            open[0].ReadToEnd();
            using RawConnection another = server.Connect();
            TlsServer.AssertAnswers(another);
        }
        finally
        {
            open.ForEach(static connection => connection.Abort());
        }
    }

    [Fact]
    public void AClientThatNeverReadsIsHeldBackAndCutOff()
    {
        using CertificateFiles files = new();
        using ServerProcess server = files.Start("--write-timeout", "1s", "--threads", "1");
        using ApiClient client = server.Client();
        using RawConnection connection = new(server.Port, receiveBufferBytes: 8 * 1024, tls: files.Client());
        byte[] requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(TlsServer.Liveness, 200)));
        long before = server.ResidentBytes();
        connection.Socket.SendTimeout = (int)TimeSpan.FromSeconds(20).TotalMilliseconds;
        Assert.ThrowsAny<System.IO.IOException>(() =>
        {
            // Far more than any buffer between the two holds.
            for (int i = 0; i < 20_000; i++)
            {
                connection.Send(requests);
            }
        });
        Assert.InRange(server.ResidentBytes() - before, long.MinValue, 32 * 1024 * 1024);
        Assert.Equal("NOT_FOUND", client.Verify("none").Code);
    }

    // What a client of today sends first, taken from a handshake that goes no further.
    /// <summary>Each asks the server for an answer of its own (TLS 1.3) or for a whole handshake (TLS 1.2, refused), without a request.</summary>
    [Theory]
    [InlineData("-tls1_3", "K", "KEYUPDATE")]
    [InlineData("-tls1_2", "R", "RENEGOTIATING")]
    public async Task ManyNewKeysOnOneConnectionHarmNobody(string version, string command, string echo)
    {
        const int Times = 300;
        double faults = tls.Process.Metric("unkey_connection_faults_total");
        long resident = tls.Process.ResidentBytes();
        using Process client = Process.Start(new ProcessStartInfo("openssl", ["s_client", "-connect", $"127.0.0.1:{tls.Process.Port}", version])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = client.StandardOutput.ReadToEndAsync();
        int done = 0;
        for (bool goesOn = true; goesOn && done < Times; done += goesOn ? 1 : 0)
        {
            // One at a time: the client takes a command only from the beginning of what it reads.
            goesOn = TryCommand(client, command, echo);
        }

        if (command == "K")
        {
            Assert.Equal(Times, done);
            client.StandardInput.Write("GET /v2/liveness HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            client.StandardInput.Flush();
            Assert.Contains("HTTP/1.1 200", await output, StringComparison.Ordinal);
        }
        else
        {
            Assert.InRange(done, 0, 1);
        }

        if (!client.HasExited)
        {
            client.Kill();
        }

        Assert.Equal("VALID", tls.Client.Verify(tls.Key.Key).Code);
        Assert.Equal(faults, tls.Process.Metric("unkey_connection_faults_total"));
        Assert.InRange(tls.Process.ResidentBytes(), 0, resident + (32 << 20));
    }

    private static bool TryCommand(Process client, string command, string echo)
    {
        try
        {
            client.StandardInput.Write(command + "\n");
            client.StandardInput.Flush();
        }
        catch (System.IO.IOException)
        {
            return false; // It has ended.
        }

        // BOUND: by what the client says before it ends.
        while (client.StandardError.ReadLine() is { } line)
        {
            if (line.Contains(echo, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryAsNewcomer(ServerProcess server)
    {
        try
        {
            using RawConnection connection = server.Connect();
            TlsServer.AssertAnswers(connection);
            return true;
        }
        catch (System.IO.IOException)
        {
            return false; // Its handshake took longer than the deadline, behind those of the flood.
        }
    }

    private byte[] Greeting()
    {
        using Capture capture = new();
        using SslStream stream = new(capture);
        Assert.ThrowsAny<Exception>(() => stream.AuthenticateAsClient(tls.Files.Client()));
        Assert.Equal(22, capture.Sent[0]);
        return [.. capture.Sent];
    }

    private sealed class Capture : System.IO.Stream
    {
        public List<byte> Sent { get; } = [];

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override long Seek(long offset, System.IO.SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Sent.AddRange(buffer.AsSpan(offset, count));
    }
}
