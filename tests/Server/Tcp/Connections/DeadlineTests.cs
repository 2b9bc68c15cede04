using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Connections;

/// <summary>Header, body and idle deadlines, and the connection limit, with small values.</summary>
public sealed class DeadlineTests : IDisposable
{
    private readonly ServerProcess _server = ServerProcess.Start(new ServerSetup
    {
        Options = ["--header-timeout", "500ms", "--body-timeout", "700ms", "--idle-timeout", "900ms", "--max-connections", "12", "--threads", "2"],
    });

    [Theory]
    [InlineData("G")]
    [InlineData("GET /v2/liveness HTTP/1.1\r\nHost: a\r\nX-A: ")]
    [InlineData("\r\n\r\nGET")]
    public void AHeadThatDoesNotEndIsGivenUp(string begin)
    {
        using RawConnection connection = _server.Connect();
        connection.Send(begin);
        AssertTimedOut(connection);
    }

    [Fact]
    public void AHeadThatTricklesInIsGivenUpAllTheSame()
    {
        using RawConnection connection = _server.Connect();
        connection.Send("GET /v2/liveness HTTP/1.1\r\nHost: a\r\n");
        AssertGivenUpWhileTrickling(connection, "X-D: 1\r\n");
    }

    [Fact]
    public void ABodyThatDoesNotComeIsGivenUp()
    {
        foreach (string framing in new[] { "Content-Length: 1000", "Transfer-Encoding: chunked", "Content-Length: 10\r\nExpect: 100-continue" })
        {
            using RawConnection connection = _server.Connect();
            connection.Send($"POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n");
            AssertTimedOut(connection);
        }
    }

    [Fact]
    public void ABodyThatTricklesInIsGivenUpAllTheSame()
    {
        using RawConnection connection = _server.Connect();
        connection.Send("POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
        AssertGivenUpWhileTrickling(connection, " ");
    }

    // Longer than every deadline: what was sent meanwhile was in time.
    [Fact]
    public void APauseOfTheProcessIsHeldAgainstNobody()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--header-timeout", "3s", "--idle-timeout", "3s"] });
        using RawConnection half = server.Connect();
        half.Send("GET /v2/liveness HTTP/1.1\r\nHost:");
        using RawConnection idle = server.Connect();
        idle.Send("GET /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(200, idle.Read().Status);
        using RawConnection silent = server.Connect();
        silent.Send("GET /v2/liveness HTTP/1.1\r\nHost:");
        Signals.Stop(server.ProcessId);
        try
        {
            Poll.Until(
                () => Directory.EnumerateDirectories($"/proc/{server.ProcessId}/task").All(static task => File.ReadAllText(task + "/stat").Contains(") T ", StringComparison.Ordinal)),
                "all threads are stopped");
            half.Send(" a\r\n\r\n");
            idle.Send("GET /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.False(half.Arrives(TimeSpan.FromSeconds(4.5)));
        }
        finally
        {
            Signals.Continue(server.ProcessId);
        }

        Assert.Equal(200, half.Read().Status);
        Assert.Equal(200, idle.Read().Status);
        Assert.Equal(408, silent.Read().Status);
    }

    [Fact]
    public void AnIdleConnectionIsClosedWithoutAWord()
    {
        foreach (bool used in new[] { false, true })
        {
            using RawConnection connection = _server.Connect();
            if (used)
            {
                connection.Send("GET /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n");
                Assert.Equal(200, connection.Read().Status);
            }

            Assert.Empty(connection.ReadToEnd());
        }
    }

    [Fact]
    public void RequestsInTimeKeepAConnectionBeyondEveryDeadline()
    {
        using RawConnection connection = _server.Connect();
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2))
        {
            connection.Send("GET /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(200, connection.Read().Status);
            Assert.False(connection.Arrives(TimeSpan.FromMilliseconds(100)));
        }
    }

    [Fact]
    public void OneConnectionTooManyIs503AndClosedAndRoomIsGivenBack()
    {
        List<RawConnection> connections = [];
        try
        {
            for (int i = 0; i < 12; i++)
            {
                RawConnection connection = _server.Connect();
                connections.Add(connection);
                connection.Send("GET /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n");
                Assert.Equal(200, connection.Read().Status);
            }

            using (RawConnection tooMany = _server.Connect())
            {
                byte[] all = tooMany.ReadToEnd();
                Assert.StartsWith("HTTP/1.1 503 ", Encoding.Latin1.GetString(all));
            }
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }

        Poll.Until(
            () =>
            {
                using RawConnection connection = _server.Connect();
                connection.Send("GET /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n");
                byte[] all = connection.ReadToEnd();
                return Encoding.Latin1.GetString(all).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal);
            },
            "room for a new connection");
        Assert.True(_server.Metric("unkey_connections_refused_total") >= 1);
    }

    public void Dispose() => _server.Dispose();

    private static void AssertTimedOut(RawConnection connection)
    {
        long start = Stopwatch.GetTimestamp();
        string all = Encoding.Latin1.GetString(connection.ReadToEnd());
        string last = all.Split("HTTP/1.1 100 Continue\r\n\r\n").Last();
        Assert.True(last.Length == 0 || last.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), all);
        Assert.True(Stopwatch.GetElapsedTime(start) > TimeSpan.FromMilliseconds(250), "given up before its time");
    }

    // A deadline for each read would never pass here, because something always comes in time.
    private static void AssertGivenUpWhileTrickling(RawConnection connection, string piece)
    {
        Poll.Until(
            () =>
            {
                try
                {
                    connection.Send(piece);
                    return connection.Arrives(TimeSpan.FromMilliseconds(50));
                }
                catch (System.Net.Sockets.SocketException)
                {
                    return true;
                }
            },
            "the server gives up");
        string all = Encoding.Latin1.GetString(connection.ReadToEnd());
        Assert.True(all.Length == 0 || all.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), all);
    }
}
