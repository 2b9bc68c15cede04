using System;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Server.Commands;
using Unkey.Server.Hosting;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

public sealed class RunningServerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-host-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(TransportKind.Portable)]
    [InlineData(TransportKind.Auto)]
    public async Task AStartedServerAnswersOnBothListenersAndStopsCleanly(TransportKind transport)
    {
        await using RunningServer server = await Start(Options(transport));
        using HttpClient http = new();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"http://{server.EndPoint}/v2/liveness"))).StatusCode);
        Assert.Equal("{\"status\":\"ok\",\"checks\":{\"store\":\"ok\"}}\n", await http.GetStringAsync(new Uri($"http://{server.AdminEndPoint}/health/ready")));
        string metrics = await http.GetStringAsync(new Uri($"http://{server.AdminEndPoint}/metrics"));
        Assert.Contains("unkey_http_requests_total{endpoint=\"liveness\",outcome=\"success\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("unkey_keys 1\n", metrics, StringComparison.Ordinal);
        http.Dispose();
        Assert.True(await server.StopAsync(TimeSpan.FromSeconds(30)));
        using Socket probe = new(SocketType.Stream, ProtocolType.Tcp);
        Assert.Throws<SocketException>(() => probe.Connect(server.EndPoint));
    }

    [Fact]
    public async Task OnlyTheFirstStartMakesARootKey()
    {
        string? secret;
        await using (RunningServer first = await Start(Options(TransportKind.Auto)))
        {
            secret = first.BootstrapSecret;
        }

        Assert.NotNull(secret);
        await using RunningServer second = await Start(Options(TransportKind.Auto));
        Assert.Null(second.BootstrapSecret);
        using StringWriter output = new();
        using StringWriter error = new();
        CommandContext context = new(output, error, name => name switch
        {
            "UNKEY_URL" => $"http://{second.EndPoint}",
            "UNKEY_ROOT_KEY" => secret,
            _ => null,
        });
        Assert.Equal(0, CommandLine.Run(["root-key", "list", "--json"], context));
        using JsonDocument keys = JsonDocument.Parse(output.ToString());
        Assert.Equal(1, keys.RootElement.GetArrayLength());
        Assert.Empty(error.ToString());
        Assert.DoesNotContain(secret, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheCommandsManageRootKeysOfARunningServer()
    {
        await using RunningServer server = await Start(Options(TransportKind.Auto));
        using StringWriter output = new();
        using StringWriter error = new();
        CommandContext context = new(output, error, name => name switch
        {
            "UNKEY_URL" => $"http://{server.EndPoint}",
            "UNKEY_ROOT_KEY" => server.BootstrapSecret,
            _ => null,
        });
        Assert.Equal(0, CommandLine.Run(["root-key", "create", "--name", "ci", "--permission", "api.*.verify_key", "--expires", "1h", "--json"], context));
        using JsonDocument created = JsonDocument.Parse(output.ToString());
        string keyId = created.RootElement.GetProperty("keyId").GetString()!;
        output.GetStringBuilder().Clear();
        Assert.Equal(0, CommandLine.Run(["root-key", "list"], context));
        Assert.Contains(keyId, output.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, CommandLine.Run(["root-key", "delete", keyId], context));
        Assert.Equal(1, CommandLine.Run(["root-key", "delete", keyId], context));
        Assert.Contains("404", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, CommandLine.Run(["workspace", "create", "acme"], context));
        Assert.Matches(@"workspace\s+ws_", output.ToString());
        Assert.Equal(0, CommandLine.Run(["health"], context));
    }

    [Fact]
    public async Task TheAuditCommandPrintsWhatWasChanged()
    {
        await using RunningServer server = await Start(Options(TransportKind.Auto));
        using StringWriter output = new();
        using StringWriter error = new();
        CommandContext context = new(output, error, name => name switch
        {
            "UNKEY_URL" => $"http://{server.EndPoint}",
            "UNKEY_ROOT_KEY" => server.BootstrapSecret,
            _ => null,
        });
        for (int i = 0; i < 103; i++)
        {
            Assert.Equal(0, CommandLine.Run(["workspace", "create", $"w{i}"], context));
        }

        output.GetStringBuilder().Clear();
        Assert.Equal(0, CommandLine.Run(["audit", "--event", "workspace.create", "--since", "1h", "--limit", "102", "--json"], context));
        using JsonDocument events = JsonDocument.Parse(output.ToString());
        Assert.Equal(102, events.RootElement.GetArrayLength());
        Assert.Equal("w102", events.RootElement[0].GetProperty("resources")[0].GetProperty("name").GetString());
        output.GetStringBuilder().Clear();
        string id = events.RootElement[1].GetProperty("resources")[0].GetProperty("id").GetString()!;
        Assert.Equal(0, CommandLine.Run(["audit", "--resource", id], context));
        Assert.Matches(@"TIME +EVENT +ACTOR +RESOURCE +ADDRESS +REQUEST\n\S+ \S+ +workspace.create +key_\w+ \(bootstrap\) +" + id + @" \(w101\) +127.0.0.1 +req_\w+\n$", output.ToString());
        Assert.Equal(2, CommandLine.Run(["audit", "--since", "yesterday"], context));
        Assert.Equal(2, CommandLine.Run(["audit", "--limit", "0"], context));
    }

    [Theory]
    [InlineData(TransportKind.Portable)]
    [InlineData(TransportKind.Auto)]
    public async Task AnApiLimitHoldsForHotRequestsAndIsToldInTheFields(TransportKind transport)
    {
        await using RunningServer server = await Start(Options(transport));
        using HttpClient http = new();
        http.DefaultRequestHeaders.Authorization = new("Bearer", server.BootstrapSecret);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("workspaces.updateWorkspace", """{"apiLimit":3}""")).StatusCode);
        int admitted = 0;
        HttpResponseMessage last;
        do
        {
            // At most one minute ends while this runs, so at most six of the calls pass.
            last = await PostAsync("keys.verifyKey", """{"key":"unknown"}""");
            Assert.Equal("3", Assert.Single(last.Headers.GetValues("RateLimit-Limit")));
        }
        while (last.StatusCode == HttpStatusCode.OK && ++admitted <= 6);

        Assert.Equal(HttpStatusCode.TooManyRequests, last.StatusCode);
        Assert.InRange(admitted, 3, 6);
        Assert.InRange(last.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 0, 60);

        Task<HttpResponseMessage> PostAsync(string operation, string body) => http.PostAsync(
            new Uri($"http://{server.EndPoint}/v2/{operation}"), new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
    }

    [Fact]
    public async Task ASecondServerOnTheDataDirectoryIsRefused()
    {
        await using RunningServer first = await Start(Options(TransportKind.Auto));
        StartupException refused = await Assert.ThrowsAsync<StartupException>(() => Start(Options(TransportKind.Auto)));
        Assert.Contains("in use by another", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Theory]
    [InlineData(TransportKind.Portable)]
    [InlineData(TransportKind.Auto)]
    public async Task ATakenPortIsToldBeforeTheStoreIsTouched(TransportKind transport)
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        StartupException refused = await Assert.ThrowsAsync<StartupException>(
            () => Start(Options(transport) with { Listen = [taken.LocalEndPoint!] }));
        Assert.Contains(taken.LocalEndPoint!.ToString()!, refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public async Task AFileThatIsNoDatabaseIsRefusedAndKept()
    {
        byte[] content = new byte[8192];
        new Random(1).NextBytes(content);
        string file = Path.Combine(_directory, "unkey.db");
        await File.WriteAllBytesAsync(file, content);
        StartupException refused = await Assert.ThrowsAsync<StartupException>(() => Start(Options(TransportKind.Auto)));
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal(content, await File.ReadAllBytesAsync(file));
    }

    [Fact]
    public async Task AnEventStoreThatCannotBeUsedStopsTheStartThoughItOpensLast()
    {
        byte[] content = new byte[8192];
        new Random(1).NextBytes(content);
        string file = Path.Combine(_directory, "events.db");
        ServerOptions options = Options(TransportKind.Auto) with { Events = true };
        await (await Start(options)).DisposeAsync();
        await File.WriteAllBytesAsync(file, content);
        StartupException refused = await Assert.ThrowsAsync<StartupException>(() => Start(options));
        Assert.Contains("events cannot be recorded in", refused.Message, StringComparison.Ordinal);
        Assert.Contains(file, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal(content, await File.ReadAllBytesAsync(file));

        // Everything has been given back, so another start finds neither a lock nor what is left of this one.
        File.Delete(file);
        await using RunningServer server = await Start(options);
        Assert.NotNull(server.EndPoint);
    }

    [Fact]
    public async Task AFailureBeforeAcceptingGivesThePortBack()
    {
        ServerOptions options = Options(TransportKind.Auto);
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunningServer.StartAsync(
            options, NullLoggerFactory.Instance, TimeProvider.System, static _ => throw new InvalidOperationException("no"), CancellationToken.None));
        await using RunningServer server = await Start(options);
        Assert.NotNull(server.EndPoint);
    }

    private static Task<RunningServer> Start(ServerOptions options) =>
        RunningServer.StartAsync(options, NullLoggerFactory.Instance, TimeProvider.System, static _ => { }, CancellationToken.None);

    private ServerOptions Options(TransportKind transport) => new()
    {
        Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
        Admin = new IPEndPoint(IPAddress.Loopback, 0),
        DataDirectory = _directory,
        Transport = transport,
        Threads = 2,
        RatelimitMaxBuckets = 1024,
    };
}
