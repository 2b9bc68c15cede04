using System;
using System.IO;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Lifecycle;

/// <summary>Rate limits go on where they were: after a stop, after kill -9, with another capacity, and with a file that is no good.</summary>
public sealed class BucketRestartTests : IDisposable
{
    /// <summary>So long that nothing comes back during a test.</summary>
    private const string Month = "2592000000";

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    private string Data => Path.Combine(_directory, "data");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("token-bucket")]
    [InlineData("sliding-window")]
    public void ACleanRestartLosesNothing(string algorithm)
    {
        ServerSetup setup = new() { DataDirectory = Data, Options = ["--ratelimit-algorithm", algorithm] };
        CreatedKey key;
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            key = CreateLimitedKey(client);
            for (int i = 1; i <= 7; i++)
            {
                Assert.Equal(100 - i, Limit(client, "u"));
                Assert.Equal(50 - i, VerifyRemaining(client, key));
            }

            // The stop follows the last answer at once: nothing is left to the next pass.
            server.Stop();
        }

        // The second stop finds a file in place, the first one had made it.
        for (int start = 0; start < 2; start++)
        {
            using ServerProcess again = ServerProcess.Start(setup);
            using ApiClient client = again.Client();
            Assert.Equal(92 - start, Limit(client, "u"));
            Assert.Equal(42 - start, VerifyRemaining(client, key));
            Assert.Equal(99 - start, Limit(client, "somebody else"));
        }
    }

    [Theory]
    [InlineData("token-bucket")]
    [InlineData("sliding-window")]
    public void AKillGivesBackAtMostTheLastSecond(string algorithm)
    {
        ServerSetup setup = new() { DataDirectory = Data, Options = ["--ratelimit-algorithm", algorithm] };
        CreatedKey key;
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            key = CreateLimitedKey(client);
            for (int i = 1; i <= 7; i++)
            {
                Limit(client, "u");
                VerifyRemaining(client, key);
            }

            WaitForPass(server);
            for (int i = 0; i < 3; i++)
            {
                Limit(client, "u");
            }

            server.Kill();
        }

        using ServerProcess again = ServerProcess.Start(setup);
        using ApiClient reader = again.Client();

        // Seven are known for certain; of the three that came right before the kill any number may be.
        Assert.InRange(Limit(reader, "u"), 100 - 7 - 3 - 1, 100 - 7 - 1);
        Assert.Equal(50 - 7 - 1, VerifyRemaining(reader, key));
    }

    [Fact]
    public void AnotherAlgorithmStartsFullAndTheFirstOneIsFoundAgain()
    {
        ServerSetup setup = new() { DataDirectory = Data };
        foreach ((string algorithm, long left) in new[] { ("sliding-window", 99L), ("token-bucket", 99L), ("sliding-window", 98L) })
        {
            using ServerProcess server = ServerProcess.Start(setup with { Options = ["--ratelimit-algorithm", algorithm] });
            using ApiClient client = server.Client();
            Assert.Equal(left, Limit(client, "u"));
        }
    }

    [Fact]
    public void AnotherCapacityKeepsTheCounts()
    {
        ServerSetup setup = new() { DataDirectory = Data };
        foreach ((string capacity, long left) in new[] { ("4096", 99L), ("1024", 98L), ("65536", 97L) })
        {
            using ServerProcess server = ServerProcess.Start(setup with { Options = ["--ratelimit-max-buckets", capacity] });
            using ApiClient client = server.Client();
            for (int i = 0; i < 20; i++)
            {
                Assert.Equal(left, Limit(client, "user" + i));
            }

            Assert.Equal(double.Parse(capacity), server.Metric("unkey_ratelimit_bucket_slots"));
            Assert.Equal(20, server.Metric("unkey_ratelimit_buckets_active"));
        }
    }

    [Fact]
    public void AForeignFileIsSetAsideWithAWarning()
    {
        ServerSetup setup = new() { DataDirectory = Data };
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            Limit(client, "u");
        }

        string path = Path.Combine(Data, "unkey.buckets");
        File.WriteAllText(path, new string('x', 5000));
        using ServerProcess again = ServerProcess.Start(setup);
        Assert.Contains("was not written by unkey", again.Output);
        Assert.Equal(5000, new FileInfo(path + ".damaged").Length);
        using ApiClient reader = again.Client();
        Assert.Equal(99, Limit(reader, "u"));
    }

    [Fact]
    public void AWriteErrorIsCountedToldOnceAndChangesNoDecision()
    {
        // Beyond a file size of one MiB every write fails, and most pages of the table lie there. See DiskFaultTests for the rest.
        ServerSetup faulty = new()
        {
            DataDirectory = Data,
            Options = ["--event-ring-size", "64KiB"],
            Shell = "trap '' XFSZ; ulimit -f 2048; export DOTNET_EnableWriteXorExecute=0; exec \"$@\"",
        };
        using ServerProcess server = ServerProcess.Start(faulty);
        using ApiClient client = server.Client();
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(99, Limit(client, "user" + i));
        }

        Poll.Until(() => server.Metric("unkey_ratelimit_bucket_write_failures_total") >= 2, "two passes have failed");
        Assert.Equal(0, server.Metric("unkey_ratelimit_bucket_file_up"));
        Assert.Single(server.Output.Split('\n'), line => line.Contains("Rate-limit buckets cannot be written", StringComparison.Ordinal));
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(98, Limit(client, "user" + i));
        }
    }

    /// <summary>Waits until a pass has begun and ended after this call.</summary>
    private static void WaitForPass(ServerProcess server)
    {
        double written = server.Metric("unkey_ratelimit_bucket_pages_written_total");
        using ApiClient client = server.Client();
        Limit(client, "marker");
        Poll.Until(() => server.Metric("unkey_ratelimit_bucket_pages_written_total") > written, "a pass writes pages");
        written = server.Metric("unkey_ratelimit_bucket_pages_written_total");
        Limit(client, "marker");
        Poll.Until(() => server.Metric("unkey_ratelimit_bucket_pages_written_total") > written, "another pass writes pages");
    }

    private static CreatedKey CreateLimitedKey(ApiClient client) => client.CreateKey(
        client.CreateApi(), $$"""
        "ratelimits":[{"name":"requests","limit":50,"duration":{{Month}},"autoApply":true}]
        """);

    private static long Limit(ApiClient client, string identifier) => client
        .Post("ratelimit.limit", $$"""{"namespace":"restarts","identifier":"{{identifier}}","limit":100,"duration":{{Month}}}""")
        .Data.GetProperty("remaining").GetInt64();

    private static long VerifyRemaining(ApiClient client, CreatedKey key)
    {
        JsonElement limits = client.Verify(key.Key).Data.GetProperty("ratelimits");
        Assert.Equal(1, limits.GetArrayLength());
        return limits[0].GetProperty("remaining").GetInt64();
    }
}
