using System;
using System.IO;
using System.Net.Sockets;
using Unkey.Server.Tests.Tcp.Harness;

namespace Unkey.Server.Tests.Tcp.Listeners;

/// <summary>A directory for the Unix sockets of a test.</summary>
internal sealed class SocketDirectory : IDisposable
{
    public const string Liveness = "GET /v2/liveness HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private readonly string _path = Directory.CreateTempSubdirectory("unkey-sock-").FullName;

    /// <summary>Path of a socket.</summary>
    public string File(string name = "api.sock") => Path.Combine(_path, name);

    /// <summary>A server that listens on the socket alone.</summary>
    public ServerProcess Start(params string[] options) => ServerProcess.Start(new ServerSetup { Options = ["--listen", "unix:" + File(), .. options] });

    /// <summary>Runs a server that must not start, without a data directory of its own being left over.</summary>
    public CommandRun Refused(params string[] options) =>
        CommandRun.Of(["serve", "--transport", ServerSetup.Transport, "--data", File("data"), .. options], ("UNKEY_ADMIN", "127.0.0.1:0"));

    public static RawConnection Connect(string path) => new(new UnixDomainSocketEndPoint(path));

    /// <summary>The status of an answer over a connection that is then closed.</summary>
    public static int Ask(RawConnection connection)
    {
        using (connection)
        {
            connection.Send(Liveness);
            return connection.Read().Status;
        }
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
