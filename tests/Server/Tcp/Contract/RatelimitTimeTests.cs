using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>Rate limits under a clock that the requests set, and namespaces that are deleted: what takes a server of its own.</summary>
public sealed class RatelimitTimeTests(RatelimitTimeTests.TestMode testMode) : IClassFixture<RatelimitTimeTests.TestMode>
{
    private const int Windows = 50;
    private const long Start = 1_800_000_000_000;

    [Theory]
    [InlineData(5, 1_000, 0.9)]
    [InlineData(5, 1_000, 1.0)]
    [InlineData(5, 1_000, 10)]
    [InlineData(5, 5_000, 0.9)]
    [InlineData(5, 5_000, 1.0)]
    [InlineData(5, 5_000, 10)]
    [InlineData(100, 1_000, 0.9)]
    [InlineData(100, 1_000, 1.0)]
    [InlineData(100, 1_000, 10)]
    [InlineData(100, 5_000, 0.9)]
    [InlineData(100, 5_000, 1.0)]
    [InlineData(100, 5_000, 10)]
    public void AsManyPassAsTheLimitAllowsOverFiftyWindows(int limit, int durationMs, double load)
    {
        ServerProcess server = testMode.Server;
        string space = Scene.Unique();
        int requests = (int)(Windows * limit * load);
        double step = (double)Windows * durationMs / requests;
        int passed = 0;
        using RawConnection connection = server.Connect();
        foreach (int[] chunk in Enumerable.Range(0, requests).Chunk(200))
        {
            foreach (int i in chunk)
            {
                connection.Send(Request(server, space, limit, durationMs, Start + (long)(i * step)));
            }

            foreach (int _ in chunk)
            {
                HttpAnswer answer = connection.Read();
                Assert.Equal(200, answer.Status);
                passed += answer.Text.Contains("\"success\":true", StringComparison.Ordinal) ? 1 : 0;
            }
        }

        int most = Math.Min(Windows * limit, requests);
        Assert.InRange(passed, (int)Math.Ceiling(0.95 * most), (int)(1.2 * most));
        Assert.True(load > 1 || passed >= 0.95 * requests, $"{passed} of {requests}");
    }

    [Fact]
    public void WithoutTestModeTheTimeOfARequestIsIgnored()
    {
        using ServerProcess server = ServerProcess.Start();
        using RawConnection connection = server.Connect();
        connection.Send(Request(server, "time", limit: 1, durationMs: 600_000, Start));
        connection.Send(Request(server, "time", limit: 1, durationMs: 600_000, Start + 86_400_000));
        string[] answers = [connection.Read().Text, connection.Read().Text];
        Assert.Contains("\"success\":true", answers[0]);
        Assert.Contains("\"success\":false", answers[1]);
        using JsonDocument first = JsonDocument.Parse(answers[0]);
        Assert.InRange(
            first.RootElement.GetProperty("data").Number("reset"), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 60_000, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 600_000);
    }

    [Fact]
    public void ADeletedNamespaceIsGoneAndKeepsItsName()
    {
        // No operation deletes a namespace, so it is done in the database of a server that is stopped.
        string directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;
        string rootKey = "unkey_root_" + Scene.Unique();
        ServerSetup setup = new() { DataDirectory = directory, RootKey = rootKey };
        const string Check = """{"namespace":"gone","identifier":"u","limit":5,"duration":60000}""";
        const string Other = """{"namespace":"live","identifier":"u","limit":5,"duration":60000}""";
        try
        {
            using (ServerProcess server = ServerProcess.Start(setup))
            {
                using ApiClient client = server.Client();
                Assert.Equal(4, client.Post("ratelimit.limit", Check).Data.Number("remaining"));
                client.Post("ratelimit.limit", Other);
                client.Post("ratelimit.setOverride", """{"namespace":"gone","identifier":"u","limit":5,"duration":60000}""");
            }

            using (SqliteConnection database = new($"Data Source={Path.Combine(directory, "unkey.db")};Pooling=False"))
            {
                database.Open();
                using SqliteCommand delete = database.CreateCommand();
                delete.CommandText = "UPDATE ratelimit_namespaces SET deleted_at = 1 WHERE name = 'gone'";
                Assert.Equal(1, delete.ExecuteNonQuery());
            }

            using (ServerProcess server = ServerProcess.Start(setup))
            {
                using ApiClient client = server.Client();
                Assert.Contains("deleted", client.Post("ratelimit.limit", Check).Refused("unkey/data/ratelimit_namespace_gone").Detail);
                client.Post("ratelimit.multiLimit", $"[{Other},{Check}]").Refused("unkey/data/ratelimit_namespace_gone");

                // For one check the state of the namespace comes before the permission, for several behind it.
                using ApiClient nobody = client.WithPermissions("api.*.read_api");
                nobody.Post("ratelimit.limit", Check).Refused("unkey/data/ratelimit_namespace_gone");
                nobody.Post("ratelimit.multiLimit", $"[{Check}]").Refused(ErrorCode.InsufficientPermissions);
                foreach (string operation in new[] { "getOverride", "deleteOverride" })
                {
                    client.Post($"ratelimit.{operation}", """{"namespace":"gone","identifier":"u"}""").Refused("unkey/data/ratelimit_namespace_not_found");
                }

                client.Post("ratelimit.setOverride", """{"namespace":"gone","identifier":"u","limit":5,"duration":60000}""")
                    .Refused("unkey/data/ratelimit_namespace_not_found");
                client.Post("ratelimit.listOverrides", """{"namespace":"gone"}""").Refused("unkey/data/ratelimit_namespace_not_found");
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static byte[] Request(ServerProcess server, string space, int limit, int durationMs, long timeMs)
    {
        string body = $$"""{"namespace":"{{space}}","identifier":"u","limit":{{limit}},"duration":{{durationMs}}}""";
        return Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST /v2/ratelimit.limit HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.RootKey}\r\nContent-Type: application/json\r\n"
            + $"X-Test-Time: {timeMs}\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
    }

    /// <summary>A server whose requests may set their time.</summary>
    public sealed class TestMode : IDisposable
    {
        internal ServerProcess Server { get; } = ServerProcess.Start(new ServerSetup { Options = ["--test-mode", "true"] });

        public void Dispose() => Server.Dispose();
    }
}
