using System;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Unkey.Server.Tests.Tcp.Tls;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Listeners;

/// <summary>The API over a Unix socket: beside TCP, for the server's own commands, and for peers that have no address.</summary>
public sealed class UnixSocketTests : IDisposable
{
    private const string Allowed = "203.0.113.7";

    private readonly SocketDirectory _directory = new();

    private string Socket => _directory.File();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void TcpAndUnixAddressesAreServedTogether()
    {
        string second = _directory.File("second.sock");
        using ServerProcess server = ServerProcess.Start(new ServerSetup
        {
            Options = ["--listen", $"127.0.0.1:0,unix:{Socket}", "--listen", $"unix:{second}"],
        });
        Assert.Equal(200, SocketDirectory.Ask(new RawConnection(server.Port)));
        Assert.Equal(200, SocketDirectory.Ask(SocketDirectory.Connect(Socket)));
        Assert.Equal(200, SocketDirectory.Ask(SocketDirectory.Connect(second)));
        server.AwaitOutput($"API on http://127.0.0.1:{server.Port},unix:{Socket},unix:{second}, admin");
    }

    [Fact]
    public void TheEnvironmentNamesSeveralAddressesToo()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup
        {
            Environment = [("UNKEY_LISTEN", $"127.0.0.1:1,unix:{_directory.File("unused.sock")}")],
            Options = ["--listen", $"unix:{Socket}"],
        });
        Assert.Equal(0, server.Port);
        Assert.Equal(200, SocketDirectory.Ask(server.Connect()));
        Assert.False(System.IO.File.Exists(_directory.File("unused.sock")));
    }

    [Fact]
    public void TheCommandsOfTheServerTakeASocket()
    {
        string admin = _directory.File("admin.sock");
        using ServerProcess server = _directory.Start("--admin", "unix:" + admin);
        string url = "unix:" + Socket;
        AssertWorks(CommandRun.Of(["health", "--url", url]), $"ok: {url} /v2/liveness answered 200");
        AssertWorks(CommandRun.Of(["health"], ("UNKEY_LISTEN", $"{url},127.0.0.1:9")), "ok: ");
        AssertWorks(CommandRun.Of(["root-key", "list"], ("UNKEY_URL", url), ("UNKEY_ROOT_KEY", server.RootKey)), "");
        AssertWorks(CommandRun.Of(["top", "--once", "--interval", "100ms", "--url", "unix:" + admin]), $"  unix:{admin}  up ");
        AssertWorks(CommandRun.Of(["top", "--once", "--interval", "100ms", "--admin", "unix:" + admin]), $"  unix:{admin}  up ");
        server.Stop();
        CommandRun away = CommandRun.Of(["health", "--url", url]);
        Assert.Equal(1, away.ExitCode);
        Assert.Contains($"cannot reach {url}: there is no such file; is the server running?", away.Errors, StringComparison.Ordinal);

        static void AssertWorks(CommandRun run, string output)
        {
            Assert.Equal((0, ""), (run.ExitCode, run.Errors));
            Assert.Contains(output, run.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("none", false)]
    [InlineData("0.0.0.0/0, ::/0", false)]
    [InlineData("unix", true)]
    [InlineData("10.0.0.0/8, unix", true)]
    public void ThePeerHasNoAddressUnlessItIsATrustedProxy(string trustedProxies, bool isBelieved)
    {
        using ServerProcess server = _directory.Start("--trusted-proxies", trustedProxies);
        using ApiClient client = server.Client();
        string apiId = client.CreateApi();
        CreatedKey key = client.CreateKey(apiId);
        Assert.Equal("VALID", client.Verify(key.Key).Code);
        Assert.Equal(200, client.Post("apis.updateApi", $$"""{"apiId":"{{apiId}}","ipAllowList":["{{Allowed}}","127.0.0.1","::1"]}""").Status);
        Assert.Equal("FORBIDDEN", client.Verify(key.Key).Code);
        Assert.Equal(isBelieved ? "VALID" : "FORBIDDEN", VerifyFrom(Allowed));
        Assert.Equal("FORBIDDEN", VerifyFrom("203.0.113.8"));
        JsonElement change = client.Events(apiId)[^1];
        Assert.Equal("unix", change.GetProperty("remoteAddress").GetString());

        string VerifyFrom(string address) => client.Send(new ApiRequest("keys.verifyKey", $$"""{"key":"{{key.Key}}"}""")
        {
            Authorization = "Bearer " + client.RootKey,
            MoreFields = ["X-Forwarded-For: " + address],
        }).Code;
    }

    [Fact]
    public void TheSocketIsOneSourceOfGuessedRootKeysAndTcpAnother()
    {
        const int Limit = 5;
        using ServerProcess server = ServerProcess.Start(new ServerSetup
        {
            Options = ["--max-failed-auth", $"{Limit}", "--listen", $"127.0.0.1:0,unix:{Socket}"],
        });
        byte[] request = new ApiRequest("keys.verifyKey", """{"key":"x"}""") { Authorization = "Bearer unkey_nobody_has_this_one" }.ToBytes();

        // Connections of their own count together. The minute of the server may end in the middle, and then the count starts again, once.
        Assert.Contains(Enumerable.Range(0, (2 * Limit) + 2).Select(_ => Status(SocketDirectory.Connect(Socket))), static status => status == 429);
        Assert.Equal(401, Status(new RawConnection(server.Port)));
        server.AwaitOutput("The Unix socket");

        int Status(RawConnection connection)
        {
            using (connection)
            {
                connection.Send(request);
                return connection.Read().Status;
            }
        }
    }

    [Fact]
    public void OverASocketTheApiSpeaksPlainHttpWhileTcpSpeaksTls()
    {
        using CertificateFiles files = new();
        using ServerProcess server = files.Start("--listen", $"127.0.0.1:0,unix:{Socket}");
        Assert.Equal(200, SocketDirectory.Ask(new RawConnection(server.Port, tls: files.Client())));
        Assert.Equal(200, SocketDirectory.Ask(SocketDirectory.Connect(Socket)));

        // The health command needs no certificate of the loopback address then.
        CommandRun health = CommandRun.Of(["health"], ("UNKEY_LISTEN", $"127.0.0.1:{server.Port},unix:{Socket}"), ("UNKEY_TLS_CERT", "cert.pem"));
        Assert.Equal((0, ""), (health.ExitCode, health.Errors));
    }
}
