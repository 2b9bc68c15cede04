using System;
using System.IO;
using System.Net.Sockets;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Listeners;

/// <summary>The file of a Unix socket: who may use it, what is replaced, what is refused, and when it goes.</summary>
public sealed class UnixSocketFileTests : IDisposable
{
    private readonly SocketDirectory _directory = new();

    private string Socket => _directory.File();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(null, "0660")]
    [InlineData("0600", "0600")]
    [InlineData("666", "0666")]
    public void TheModeIsThatOfTheOption(string? option, string octal)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using ServerProcess server = option is null ? _directory.Start() : _directory.Start("--unix-socket-mode", option);
        Assert.Equal((UnixFileMode)Convert.ToInt32(octal, 8), File.GetUnixFileMode(Socket));
    }

    [Fact]
    public void TheSocketOfAServerThatWasKilledIsReplaced()
    {
        using (ServerProcess killed = _directory.Start())
        {
            killed.Kill();
        }

        Assert.True(File.Exists(Socket));
        using ServerProcess server = _directory.Start();
        Assert.Equal(200, SocketDirectory.Ask(server.Connect()));
    }

    [Fact]
    public void TheSocketOfARunningServerIsRefusedAndTheServerGoesOn()
    {
        using ServerProcess server = _directory.Start();
        AssertRefused(_directory.Refused("--listen", "unix:" + Socket), $"unix:{Socket} is in use by another process");
        AssertRefused(_directory.Refused("--listen", "127.0.0.1:0", "--admin", "unix:" + Socket), $"unix:{Socket} is in use by another process");
        Assert.Equal(200, SocketDirectory.Ask(server.Connect()));
    }

    [Fact]
    public void WhatIsNoSocketIsRefusedAndStays()
    {
        File.WriteAllText(Socket, "somebody's text");
        AssertRefused(_directory.Refused("--listen", "unix:" + Socket), $"unix:{Socket} is not a socket");
        Assert.Equal("somebody's text", File.ReadAllText(Socket));
        string folder = _directory.File("folder");
        Directory.CreateDirectory(folder);
        AssertRefused(_directory.Refused("--listen", "unix:" + folder), $"unix:{folder} is not a socket");
        Assert.True(Directory.Exists(folder));
    }

    [Fact]
    public void AMissingDirectoryAndAPathThatIsTooLongAreNamed()
    {
        string nowhere = _directory.File("no/such/api.sock");
        AssertRefused(_directory.Refused("--listen", "unix:" + nowhere), $"unix:{nowhere}: its directory does not exist");
        string tooLong = "/tmp/" + new string('x', 103);
        CommandRun run = _directory.Refused("--listen", "unix:" + tooLong);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("has a path of 108 bytes; a Unix socket takes at most 107", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void APathOfTheFullLengthWorks()
    {
        string full = _directory.File(new string('x', 107 - _directory.File("x").Length + 1));
        Assert.Equal(107, full.Length);
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--listen", "unix:" + full] });
        Assert.Equal(200, SocketDirectory.Ask(SocketDirectory.Connect(full)));
    }

    /// <summary>A stop takes the file away before what is in flight is done, so nobody new comes, and the next server can take the place.</summary>
    [Fact]
    public void AStopRemovesTheFileWhileItDrains()
    {
        using ServerProcess server = _directory.Start("--drain-timeout", "20s");
        using ApiClient client = server.Client();
        using RawConnection connection = server.Connect();
        const string Body = """{"key":"x"}""";
        connection.Send($"POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {client.RootKey}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {Body.Length}\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(100, connection.ReadOne().Status);
        server.Terminate();
        Poll.Until(() => !File.Exists(Socket), "the file is removed");
        Assert.Throws<SocketException>(() => server.Connect());

        // The next server starts in its place, and the end of this one does not touch that.
        using ServerProcess next = _directory.Start();
        connection.Send(Body);
        HttpAnswer answer = connection.Read();
        Assert.Equal("NOT_FOUND", new Reply(answer, "in flight").Code);
        Assert.True(answer.Closes);
        Assert.Equal(0, server.WaitForEnd());
        Assert.Equal(200, SocketDirectory.Ask(next.Connect()));
        next.Stop();
        Assert.False(File.Exists(Socket));
    }

    [Fact]
    public void AStartThatFailsLaterLeavesNoFile()
    {
        using ServerProcess other = ServerProcess.Start();
        AssertRefused(_directory.Refused("--listen", $"unix:{Socket},127.0.0.1:{other.Port}"), $"127.0.0.1:{other.Port} is in use");
        Assert.False(File.Exists(Socket));
        CommandRun run = CommandRun.Of(["serve", "--transport", ServerSetup.Transport, "--data", other.DataDirectory, "--admin", "off", "--listen", "unix:" + Socket]);
        AssertRefused(run, "in use by another running server");
        Assert.False(File.Exists(Socket));
    }

    [Fact]
    public void AnAbstractNameNeedsNoFile()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string name = "unkey-test-" + Guid.NewGuid().ToString("N");
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--listen", $"unix:@{name}"] });
        Assert.Equal(200, SocketDirectory.Ask(SocketDirectory.Connect('\0' + name)));
        AssertRefused(_directory.Refused("--listen", $"unix:@{name}"), $"unix:@{name} is in use by another process");
        CommandRun health = CommandRun.Of(["health", "--url", $"unix:@{name}"]);
        Assert.Equal((0, ""), (health.ExitCode, health.Errors));
    }

    private static void AssertRefused(CommandRun run, string message)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.Trim().Split('\n'));
    }
}
