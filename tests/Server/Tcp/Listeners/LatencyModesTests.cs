using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Listeners;

/// <summary>Busy polling and pinned reactors: the same answers, and a server that rests when nothing comes.</summary>
public sealed class LatencyModesTests
{
    [Theory]
    [InlineData("50us")]
    [InlineData("20ms")]
    public void AReactorThatPollsServesAndSleepsWhenNothingComes(string duration)
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--busy-poll", duration, "--threads", "2"] });
        using ApiClient client = server.Client();
        CreatedKey key = client.CreateKey(client.CreateApi());
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal("VALID", client.Verify(key.Key).Code);
        }

        // A management call comes back as posted work, which a reactor that polls must see as well.
        Assert.Equal(200, client.Post("apis.getApi", $$"""{"apiId":"{{key.ApiId}}"}""").Status);
        if (OperatingSystem.IsLinux())
        {
            // Open connections are still swept, so a reactor is not quite still. Whatever the runtime had left to do may take a first second.
            double share = 1;
            Poll.Until(() => (share = BusyShare(server)) < 0.05, "the reactors rest");
            Assert.InRange(share, 0, 0.05);
        }

        Assert.Equal("VALID", client.Verify(key.Key).Code);
        long start = Stopwatch.GetTimestamp();
        server.Stop();
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    /// <summary>The control of the test above: with a poll that is longer than the pauses between requests, a reactor does not sleep.</summary>
    [Fact]
    public void AReactorThatPollsKeepsItsCoreForTheTimeItIsTold()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--busy-poll", "1s", "--threads", "1"] });
        using ApiClient client = server.Client();
        TimeSpan before = ReactorTime(server);

        // However little of a core the machine has for it, it takes more than the few milliseconds that these requests need.
        Poll.Until(
            () =>
            {
                Assert.Equal("NOT_FOUND", client.Verify("none").Code);
                return ReactorTime(server) - before > TimeSpan.FromMilliseconds(300);
            },
            "the reactor uses its core");
        server.Stop();
    }

    [Fact]
    public void ReactorsArePinnedAndTheThreadsTheyStartAreNot()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        int[] allowed = AllowedCores("/proc/self/status");
        int[] cores = [.. allowed.Reverse().Take(2)];
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--reactor-cores", string.Join(',', cores)] });
        Assert.Equal(cores, Enumerable.Range(0, cores.Length).Select(i => Assert.Single(AllowedCores(Path.Combine(Reactor(server, i), "status")))));
        using ApiClient client = server.Client();
        string apiId = client.CreateApi();
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(200, client.Post("apis.getApi", $$"""{"apiId":"{{apiId}}"}""").Status);
        }

        // Management calls go to workers that a reactor may have started on its own core; each of them has let go of it by its first call.
        int restricted = Tasks(server).Count(task => AllowedCores(Path.Combine(task, "status")).Length < allowed.Length);
        Assert.Equal(allowed.Length == 1 ? 0 : cores.Length, restricted);
    }

    [Fact]
    public void CoresThatTheProcessMayNotUseAreNamed()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string data = Path.Combine(Path.GetTempPath(), "unkey-test-" + Guid.NewGuid().ToString("N"));
        string[] serve = ["serve", "--data", data, "--transport", ServerSetup.Transport, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
        try
        {
            CommandRun run = CommandRun.Of([.. serve, "--reactor-cores", $"{AllowedCores("/proc/self/status")[0]},8000-8001"]);
            Assert.Equal(1, run.ExitCode);
            Assert.Contains("--reactor-cores: this process may not use cores 8000, 8001", run.Errors, StringComparison.Ordinal);
        }
        finally
        {
            if (Directory.Exists(data))
            {
                Directory.Delete(data, recursive: true);
            }
        }
    }

    // The processor time of the reactors as a share of the time that passes meanwhile.
    private static double BusyShare(ServerProcess server)
    {
        TimeSpan before = ReactorTime(server);
        long start = Stopwatch.GetTimestamp();
        Poll.Until(() => Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(1), "a second passes");
        return (ReactorTime(server) - before) / Stopwatch.GetElapsedTime(start);
    }

    private static TimeSpan ReactorTime(ServerProcess server) => TimeSpan.FromTicks(Tasks(server)
        .Where(static task => Name(task).StartsWith("reactor-", StringComparison.Ordinal))
        .Sum(static task => long.Parse(File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0]) / TimeSpan.NanosecondsPerTick));

    private static string Reactor(ServerProcess server, int index) => Tasks(server).Single(task => Name(task) == $"reactor-{index}");

    private static IEnumerable<string> Tasks(ServerProcess server) => Directory.EnumerateDirectories($"/proc/{server.ProcessId}/task");

    private static string Name(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).Trim();
        }
        catch (IOException)
        {
            return ""; // It ended meanwhile.
        }
    }

    // As in 'Cpus_allowed_list:	0,2-3'.
    private static int[] AllowedCores(string status)
    {
        string line = File.ReadLines(status).First(static line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal));
        return [.. line[(line.IndexOf(':') + 1)..].Trim().Split(',').SelectMany(static part =>
        {
            int[] ends = [.. part.Split('-').Select(int.Parse)];
            return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
        })];
    }
}
