using System;
using System.IO;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Observing;

/// <summary>Who may read the admin listener.</summary>
public sealed class AdminTokenTests
{
    private const string Token = "token_of_an_operator_0123456789";

    [Fact]
    public void WithATokenEverythingButHealthAsksForIt()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Token + "\n");
            using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--admin-token-file", file] });
            server.AddSecret(Token);
            foreach (string? authorization in new[] { null, "", "Bearer", "Bearer ", "Basic " + Token, Token, "Bearer " + Token[..^1], "Bearer " + Token + "0", "Bearer " + server.RootKey })
            {
                HttpAnswer refused = Get(server, "/metrics", authorization);
                Assert.Equal((401, "Bearer"), (refused.Status, refused.Field("www-authenticate")));
                Assert.DoesNotContain("unkey_", refused.Text, StringComparison.Ordinal);
            }

            // Not even whether there is something is told.
            Assert.Equal(401, Get(server, "/nothing", null).Status);
            Assert.Equal(404, Get(server, "/nothing", "Bearer " + Token).Status);
            Assert.Contains("unkey_store_up 1", Get(server, "/metrics", "bearer  " + Token).Text, StringComparison.Ordinal);
            Assert.All((string[])["/health/live", "/health/ready", "/health/startup"], path => Assert.Equal(200, Get(server, path, null).Status));
            server.Stop();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void AnAddressThatOthersReachNeedsAToken()
    {
        CommandRun refused = CommandRun.Of(["serve", "--listen", "127.0.0.1:0", "--admin", "0.0.0.0:0", "--data", Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--admin: 0.0.0.0:0 can be reached from other machines, so it needs --admin-token-file", refused.Errors, StringComparison.Ordinal);
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--admin", "0.0.0.0:0"], Environment = [("UNKEY_ADMIN_TOKEN", Token)] });
        server.AwaitOutput("\"AdminNotLoopback\"");
        Assert.Equal(401, server.AdminGet("/metrics").Status);
        Assert.Equal(200, Get(server, "/metrics", "Bearer " + Token).Status);
    }

    [Fact]
    public void ABadTokenIsRefusedAndNotShown()
    {
        CommandRun run = CommandRun.Of(["serve", "--listen", "127.0.0.1:0", "--admin", "off"], ("UNKEY_ADMIN_TOKEN", "too short hidden"), ("UNKEY_ADMIN_TOKEN_FILE", "/nowhere"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("UNKEY_ADMIN_TOKEN: a token has 20 to 512 characters", run.Errors, StringComparison.Ordinal);
        Assert.Contains("both give an admin token; keep one", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", run.Errors, StringComparison.Ordinal);
    }

    private static HttpAnswer Get(ServerProcess server, string path, string? authorization)
    {
        using RawConnection connection = new(server.AdminPort);
        string field = authorization is null ? "" : $"Authorization: {authorization}\r\n";
        connection.Send($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{field}\r\n");
        return connection.Read();
    }
}
