using System;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>The sliding window over TCP: for all limits by the option, and for one namespace by its own setting.</summary>
public sealed class SlidingWindowTests
{
    private const long Minute = 60_000;
    private const long Month = 2_592_000_000;

    /// <summary>The start of a window of a minute.</summary>
    private const long Edge = 1_790_000_040_000;

    private static readonly ServerSetup s_sliding = new() { Options = ["--ratelimit-algorithm", "sliding-window", "--test-mode"] };

    [Fact]
    public void TheWorkedExamplesOfTheContract()
    {
        using ServerProcess server = ServerProcess.Start(s_sliding);
        using ApiClient client = server.Client();
        CreateNamespace(client);
        Assert.Equal((true, 9L, Edge + Minute), Limit(client, "a", 1, Edge));
        Assert.Equal((true, 0L, Edge + Minute), Limit(client, "a", 9, Edge + 1));
        Assert.Equal((true, 0L, Edge + Minute), Limit(client, "a", 0, Edge + 59_999));
        Assert.Equal((false, 0L, Edge + Minute), Limit(client, "a", 1, Edge + 59_999));
        Assert.Equal((false, 0L, Edge + (2 * Minute)), Limit(client, "a", 1, Edge + Minute));
        Assert.Equal((true, 0L, Edge + (2 * Minute)), Limit(client, "a", 5, Edge + Minute + 30_000));
        Assert.Equal((false, 0L, Edge + (2 * Minute)), Limit(client, "a", 1, Edge + Minute + 30_000));
        Assert.Equal((true, 4L, Edge + (2 * Minute)), Limit(client, "a", 1, Edge + Minute + 59_400));
        Assert.Equal((false, 0L, Edge + Minute), Limit(client, "b", 100, Edge));
    }

    [Fact]
    public void ABatchIsAllOrNothingAndReportsAsThoughItHadNotHappened()
    {
        using ServerProcess server = ServerProcess.Start(s_sliding);
        using ApiClient client = server.Client();
        CreateNamespace(client);
        Limit(client, "b", 9, Edge);
        JsonElement failed = Batch(client, Check("a", 1), Check("b", 5));
        Assert.False(failed.GetProperty("passed").GetBoolean());
        Assert.Equal([10, 0], Remaining(failed));
        JsonElement passed = Batch(client, Check("a", 1), Check("b", 1), Check("a", 2));
        Assert.True(passed.GetProperty("passed").GetBoolean());
        Assert.Equal([9, 0, 7], Remaining(passed));
        Assert.All(passed.GetProperty("limits").EnumerateArray(), check => Assert.Equal(Edge + Minute, check.GetProperty("reset").GetInt64()));

        static JsonElement Batch(ApiClient client, params string[] checks) =>
            Send(client, "ratelimit.multiLimit", $"[{string.Join(',', checks)}]", Edge).Data;

        static long[] Remaining(JsonElement data) =>
            [.. data.GetProperty("limits").EnumerateArray().Select(check => check.GetProperty("remaining").GetInt64())];
    }

    [Fact]
    public async Task ExactlyTheLimitPassesUnderConcurrency()
    {
        using ServerProcess server = ServerProcess.Start(s_sliding);
        using ApiClient client = server.Client();
        CreateNamespace(client);
        bool[] passed = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => Task.Run(() =>
        {
            using ApiClient own = client.Another();
            return Limit(own, "u", 1, Edge).Success;
        })));
        Assert.Equal(10, passed.Count(success => success));
    }

    [Fact]
    public void LimitsOfKeysAndIdentitiesAndAdHocLimitsFollowTheOption()
    {
        using ServerProcess server = ServerProcess.Start(s_sliding);
        using ApiClient client = server.Client();
        string apiId = client.CreateApi();
        client.Post("identities.createIdentity", $$"""{"externalId":"user","ratelimits":[{"name":"identity","limit":20,"duration":{{Month}},"autoApply":true}]}""");
        CreatedKey key = client.CreateKey(
            apiId, $$"""
            "externalId":"user","ratelimits":[{"name":"key","limit":10,"duration":{{Month}},"autoApply":true}]
            """);
        for (int i = 1; i <= 3; i++)
        {
            JsonElement limits = client.Verify(key.Key, $$"""
                "ratelimits":[{"name":"adhoc","limit":30,"duration":{{Month}}}]
                """).Data.GetProperty("ratelimits");
            Assert.Equal(3, limits.GetArrayLength());
            foreach (JsonElement limit in limits.EnumerateArray())
            {
                Assert.Equal(limit.GetProperty("limit").GetInt64() - i, limit.GetProperty("remaining").GetInt64());

                // The end of a window that is aligned to the epoch, not the time at which a bucket is full.
                Assert.Equal(0, limit.GetProperty("reset").GetInt64() % Month);
            }
        }
    }

    [Fact]
    public void ANamespaceCanHaveItsOwnAlgorithm()
    {
        ServerSetup setup = new() { DataDirectory = System.IO.Directory.CreateTempSubdirectory("unkey-test-").FullName, Options = ["--test-mode"] };
        try
        {
            using (ServerProcess server = ServerProcess.Start(setup))
            {
                using ApiClient client = server.Client();
                CreateNamespace(client);
                Assert.Equal((true, 9L, Edge + 6_000), Limit(client, "u", 1, Edge));
                Assert.Equal(200, SetAlgorithm(client, "\"sliding-window\"").Status);
                Assert.Equal((true, 7L, Edge + Minute), Limit(client, "u", 3, Edge));
                Assert.Equal((true, 8L, Edge + 12_000), Limit(client, "u", 1, Edge, "other"));
                server.Stop();
            }

            using ServerProcess again = ServerProcess.Start(setup);
            using ApiClient reader = again.Client();
            Assert.Equal((true, 9L, Edge + Minute), Limit(reader, "v", 1, Edge));
            Assert.Equal(200, SetAlgorithm(reader, "null").Status);
            Assert.Equal((true, 9L, Edge + 6_000), Limit(reader, "v", 1, Edge));
        }
        finally
        {
            System.IO.Directory.Delete(setup.DataDirectory!, recursive: true);
        }

        static Reply SetAlgorithm(ApiClient client, string algorithm) =>
            client.Post("ratelimit.updateNamespace", $$"""{"namespace":"windows","algorithm":{{algorithm}}}""");
    }

    private static void CreateNamespace(ApiClient client)
    {
        foreach (string space in new[] { "windows", "other" })
        {
            Assert.Equal(200, client.Post("ratelimit.limit", Check("first", 1, space)).Status);
        }

        Limit(client, "u", 1, Edge, "other");
    }

    private static (bool Success, long Remaining, long Reset) Limit(ApiClient client, string identifier, long cost, long nowMs, string space = "windows")
    {
        JsonElement data = Send(client, "ratelimit.limit", Check(identifier, cost, space), nowMs).Data;
        return (data.GetProperty("success").GetBoolean(), data.GetProperty("remaining").GetInt64(), data.GetProperty("reset").GetInt64());
    }

    private static string Check(string identifier, long cost, string space = "windows") =>
        $$"""{"namespace":"{{space}}","identifier":"{{identifier}}","limit":10,"duration":{{Minute}},"cost":{{cost}}}""";

    private static Reply Send(ApiClient client, string operation, string body, long nowMs) => client.Send(new ApiRequest(operation, body)
    {
        Authorization = "Bearer " + client.RootKey,
        MoreFields = ["X-Test-Time: " + nowMs.ToString(CultureInfo.InvariantCulture)],
    });
}
