using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Lifecycle;

/// <summary>kill -9 in the middle of a first start, and right after it: the next start makes anew what was not finished and keeps what was told.</summary>
public sealed class InterruptedStartTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    private string Data => Path.Combine(_directory, "data");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>The files of a first start in the order of their making; the server is killed as soon as one is there.</summary>
    [Theory]
    [InlineData("unkey.db.lock")]
    [InlineData("unkey.db.new")]
    [InlineData("unkey.db")]
    [InlineData("unkey.db-wal")]
    [InlineData("unkey.reserve")]
    [InlineData("events/ring-0.bin")]
    [InlineData("events.db.new")]
    [InlineData("events.db")]
    [InlineData("unkey.buckets.new")]
    [InlineData("unkey.buckets")]
    public void WhatAStartLeftHalfMadeIsMadeByTheNext(string file)
    {
        ServerSetup setup = new() { DataDirectory = Data };
        KillWhen(setup, () => IsThere(file));
        CreatedKey key;
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            key = client.CreateKey(client.CreateApi());
            Assert.Equal("VALID", client.Verify(key.Key).Code);
        }

        using ServerProcess again = ServerProcess.Start(setup);
        using ApiClient second = again.Client();
        Assert.Equal("VALID", second.Verify(key.Key).Code);
    }

    [Fact]
    public void ARootKeyThatWasShownWorksAfterAKill()
    {
        ServerSetup setup = new() { DataDirectory = Data, RootKey = null };
        string rootKey;
        using (ServerProcess first = ServerProcess.Start(setup))
        {
            first.AwaitOutput("Root key, shown only this once");
            first.Kill();
            rootKey = first.Output.Split(['\n', ' ', '"', '\'']).Single(static word => word.StartsWith("unkey_", StringComparison.Ordinal) && word.Length >= 20);
        }

        using ServerProcess next = ServerProcess.Start(setup);
        next.AddSecret(rootKey);
        Assert.Equal(200, new ApiClient(next, rootKey).Post("apis.createApi", """{"name":"after"}""").Status);
    }

    [Fact]
    public void TheFirstKeyIsThereAfterAKill()
    {
        ServerSetup setup = new() { DataDirectory = Data };
        CreatedKey key;
        using (ServerProcess first = ServerProcess.Start(setup))
        {
            using ApiClient client = first.Client();
            key = client.CreateKey(client.CreateApi());
            first.Kill();
        }

        using ServerProcess next = ServerProcess.Start(setup);
        using ApiClient after = next.Client();
        Assert.Equal("VALID", after.Verify(key.Key).Code);
    }

    // What has its final name already was there under the other one for less time than it takes to look.
    private bool IsThere(string file) =>
        File.Exists(Path.Combine(Data, file)) || (Path.GetExtension(file) == ".new" && File.Exists(Path.Combine(Data, Path.ChangeExtension(file, null))));

    // Asked without a pause: the files appear within milliseconds.
    private static void KillWhen(ServerSetup setup, Func<bool> isTime)
    {
        ProcessStartInfo start = CommandRun.StartInfo(
            ServerSetup.Program,
            ["serve", "--listen", "127.0.0.1:0", "--admin", "off", "--data", setup.DataDirectory!, "--transport", ServerSetup.Transport],
            [("UNKEY_ROOT_KEY", setup.RootKey!)]);
        using Process process = Process.Start(start)!;
        long startedAt = Stopwatch.GetTimestamp();
        SpinWait spin = default;
        bool isMet;
        while (!(isMet = isTime()) && Stopwatch.GetElapsedTime(startedAt) < Poll.Deadline && !process.HasExited)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        process.Kill();
        process.WaitForExit();
        Assert.True(isMet, "The start never came to the point where it was to be killed.");
    }
}
