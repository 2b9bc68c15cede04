using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Lifecycle;

/// <summary>Starts that cannot work: each a clear line and an exit code, and nothing touched. And the first start.</summary>
public sealed class StartupTests : IDisposable
{
    private const int Failed = 1;
    private const int Usage = 2;

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    private string Data => Path.Combine(_directory, "data");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void EveryBadOptionIsNamedAtOnce()
    {
        CommandRun run = CommandRun.Of(
            [
                "serve", "--listen", "nowhere", "--threads", "0", "--transport", "carrier-pigeon", "--max-body-size", "-1", "--header-timeout", "soon",
                "--log-level", "loud", "--trusted-proxies", "999.0.0.0/8", "--root-key", "short", "--data", Data,
            ]);
        Assert.Equal(Usage, run.ExitCode);
        string[] options = ["--listen", "--threads", "--transport", "--max-body-size", "--header-timeout", "--log-level", "--trusted-proxies", "--root-key"];
        Assert.All(options, option => Assert.Contains(option, run.Errors));
        Assert.DoesNotContain("short", run.Errors);
        Assert.DoesNotContain("   at ", run.Errors);
        Assert.Equal(options.Length, run.Errors.Split('\n').Count(line => options.Any(option => line.Contains(option, StringComparison.Ordinal))));
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public void ABadVariableIsNamed()
    {
        CommandRun run = CommandRun.Of(["serve", "--data", Data], ("UNKEY_THREADS", "many"), ("UNKEY_IDLE_TIMEOUT", "-5s"));
        Assert.Equal(Usage, run.ExitCode);
        Assert.Contains("UNKEY_THREADS", run.Errors);
        Assert.Contains("UNKEY_IDLE_TIMEOUT", run.Errors);
    }

    [Fact]
    public void AnUnknownOptionIsRefused()
    {
        CommandRun run = CommandRun.Of(["serve", "--treads", "2", "--data", Data]);
        Assert.Equal(Usage, run.ExitCode);
        Assert.Contains("--treads", run.Errors);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public void APortInUseIsOneLine()
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        foreach (string[] options in new[] { new[] { "--listen", $"127.0.0.1:{port}", "--admin", "127.0.0.1:0" }, ["--listen", "127.0.0.1:0", "--admin", $"127.0.0.1:{port}"] })
        {
            AssertFails(CommandRun.Of(["serve", "--transport", ServerSetup.Transport, "--data", Data, .. options]), $"127.0.0.1:{port}");
        }
    }

    [Fact]
    public void APortOfAnotherServerIsInUseToo()
    {
        using ServerProcess server = ServerProcess.Start();
        string address = $"127.0.0.1:{server.Port}";
        AssertFails(CommandRun.Of(["serve", "--transport", ServerSetup.Transport, "--data", Data, "--listen", address, "--admin", "127.0.0.1:0"]), address);
        using ApiClient client = server.Client();
        Assert.Equal("NOT_FOUND", client.Verify("none").Code);
    }

    [Fact]
    public void ASecondServerOnTheSameDataIsRefusedAndTheFirstGoesOn()
    {
        using ServerProcess server = ServerProcess.Start();
        using ApiClient client = server.Client();
        CreatedKey key = client.CreateKey(client.CreateApi());
        AssertFails(Serve(server.DataDirectory), "in use");
        Assert.Equal("VALID", client.Verify(key.Key).Code);
        client.CreateKey(key.ApiId);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("x")]
    [InlineData("SQLite format 3\0 and then nothing that makes sense, for more than a page header")]
    public void ACorruptDatabaseIsToldAndLeftAsItIs(string content)
    {
        Directory.CreateDirectory(Data);
        string file = Path.Combine(Data, "unkey.db");
        string before = content.Length == 1 ? content : string.Concat(Enumerable.Repeat(content, 500));
        File.WriteAllText(file, before);
        AssertFails(Serve(Data), "unkey.db");
        Assert.Equal(before, File.ReadAllText(file));
    }

    [Fact]
    public void ADatabaseThatIsDamagedLaterIsToldAndNothingIsServedFromIt()
    {
        using (ServerProcess server = ServerProcess.Start(new ServerSetup { DataDirectory = Data }))
        {
            using ApiClient client = server.Client();
            string apiId = client.CreateApi();
            for (int i = 0; i < 50; i++)
            {
                client.CreateKey(apiId);
            }
        }

        string file = Path.Combine(Data, "unkey.db");
        byte[] bytes = File.ReadAllBytes(file);
        bytes.AsSpan(bytes.Length / 4, bytes.Length / 2).Fill(0x55);
        File.WriteAllBytes(file, bytes);
        AssertFails(Serve(Data), "unkey.db");
    }

    [Fact]
    public void ADatabaseOfAnotherProgramIsRefused()
    {
        Directory.CreateDirectory(Data);
        File.WriteAllText(Path.Combine(Data, "notes.txt"), "mine");
        AssertFails(Serve(Data), "holds files of something else");
        Assert.Equal(["notes.txt"], Directory.EnumerateFileSystemEntries(Data).Select(Path.GetFileName));
    }

    [Fact]
    public void AFileInsteadOfADirectoryIsRefused()
    {
        File.WriteAllText(Data, "mine");
        AssertFails(Serve(Data), "is a file");
        Assert.Equal("mine", File.ReadAllText(Data));
    }

    [Fact]
    public void ADirectoryThatCannotBeMadeIsOneLine() => AssertFails(Serve("/proc/no/such/place"), "/proc/no/such/place");

    [Fact]
    public void TheFirstStartPrintsTheRootKeyOnceAndTheSecondDoesNot()
    {
        ServerSetup setup = new() { DataDirectory = Data, RootKey = null };
        string rootKey;
        using (ServerProcess first = ServerProcess.Start(setup))
        {
            string[] candidates = [.. first.Output.Split(['\n', ' ', '"', '\'']).Where(word => word.StartsWith("unkey_", StringComparison.Ordinal) && word.Length >= 20)];
            rootKey = Assert.Single(candidates);
            Assert.Equal(200, new ApiClient(first, rootKey).Post("apis.createApi", """{"name":"first"}""").Status);
        }

        using ServerProcess second = ServerProcess.Start(setup);
        second.AddSecret(rootKey);
        Assert.DoesNotContain(rootKey, second.Output);
        Assert.Equal(200, new ApiClient(second, rootKey).Post("apis.createApi", """{"name":"second"}""").Status);
    }

    [Fact]
    public void TheDataIsForTheOwnerAlone()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { DataDirectory = Data });
        using ApiClient client = server.Client();
        client.CreateApi();
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        foreach (string path in Directory.EnumerateFileSystemEntries(Data).Append(Data))
        {
            Assert.True((File.GetUnixFileMode(path) & others) == 0, path);
        }
    }

    [Fact]
    public void HelpExplainsEveryOptionAndVersionSaysWhatThisIs()
    {
        CommandRun help = CommandRun.Of(["serve", "--help"]);
        Assert.Equal(0, help.ExitCode);
        Assert.All(
            [
                "--listen", "--admin", "--data", "--root-key", "--threads", "--transport", "--max-connections", "--max-body-size", "--header-timeout",
                "--drain-timeout", "UNKEY_LISTEN",
            ],
            word => Assert.Contains(word, help.Output));
        CommandRun version = CommandRun.Of(["version"]);
        Assert.Equal(0, version.ExitCode);
        Assert.Contains("sqlite", version.Output);
    }

    [Fact]
    public void HealthTellsARunningServerFromNone()
    {
        using ServerProcess server = ServerProcess.Start();
        string url = $"http://127.0.0.1:{server.Port}";
        Assert.Equal(0, CommandRun.Of(["health", "--url", url]).ExitCode);
        server.Stop();
        CommandRun run = CommandRun.Of(["health", "--url", url]);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Single(run.Errors.Trim().Split('\n'));
    }

    [Fact]
    public void TheManagementCommandsWorkAgainstARunningServer()
    {
        using ServerProcess server = ServerProcess.Start();
        (string, string)[] environment = [("UNKEY_URL", $"http://127.0.0.1:{server.Port}"), ("UNKEY_ROOT_KEY", server.RootKey)];
        CommandRun created = CommandRun.Of(["root-key", "create", "--name", "by command", "--permission", "api.*.read_api", "--json"], environment);
        Assert.True(created.ExitCode == 0, created.Errors);
        CommandRun listed = CommandRun.Of(["root-key", "list"], environment);
        Assert.True(listed.ExitCode == 0, listed.Errors);
        Assert.Contains("by command", listed.Output);
        CommandRun workspace = CommandRun.Of(["workspace", "create", "by command"], environment);
        Assert.True(workspace.ExitCode == 0, workspace.Errors);
        CommandRun denied = CommandRun.Of(["root-key", "list"], ("UNKEY_URL", $"http://127.0.0.1:{server.Port}"), ("UNKEY_ROOT_KEY", "unkey_no_such_root_key"));
        Assert.NotEqual(0, denied.ExitCode);
        Assert.Single(denied.Errors.Trim().Split('\n'));
    }

    [Fact]
    public void TheAdminListenerTellsHealthAndMetricsAndNothingElse()
    {
        using ServerProcess server = ServerProcess.Start();
        Assert.Equal("{\"status\":\"ok\"}\n", server.AdminGet("/health/live").Text);
        HttpAnswer ready = server.AdminGet("/health/ready");
        Assert.Equal(200, ready.Status);
        Assert.StartsWith("{\"status\":\"ok\"", ready.Text);
        Assert.Equal(200, server.AdminGet("/metrics").Status);
        Assert.Equal(404, server.AdminGet("/v2/liveness").Status);
        Assert.Equal(404, server.AdminGet("/").Status);
    }

    private static CommandRun Serve(string data) => CommandRun.Of(
        ["serve", "--transport", ServerSetup.Transport, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", data]);

    private static void AssertFails(CommandRun run, string names)
    {
        Assert.True(run.ExitCode == Failed, $"exit code {run.ExitCode}: {run.Errors}{run.Output}");
        Assert.Contains(names, run.Errors);
        Assert.StartsWith("unkey: ", run.Errors);
        Assert.Single(run.Errors.Trim().Split('\n'));
    }
}
