using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Events;

/// <summary>What the log of requests holds of each way in which a request can be answered, and what it never holds.</summary>
public sealed class RequestLogTests : IDisposable
{
    private const string Columns = "method || ' ' || path || ' ' || response_status || ' ' || error FROM api_requests_raw_v2";

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void ARequestIsOneRowThatTellsWhoAskedForWhatAndHowItEnded()
    {
        ServerSetup setup = Setup("all");
        List<string> ids = [];
        string rootKeyId;
        string workspaceId;
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient operatorClient = server.Client();
            Workspace workspace = operatorClient.CreateWorkspace();
            (rootKeyId, workspaceId) = (workspace.RootKeyId, workspace.WorkspaceId);
            using ApiClient client = workspace.Client;
            string api = client.CreateApi();
            CreatedKey key = client.CreateKey(api);
            ids.Add(client.Verify(key.Key).RequestId);
            ids.Add(client.Send(new ApiRequest("keys.verifyKey", "{}") { Authorization = "Bearer " + client.RootKey }).RequestId);
            ids.Add(client.Send(new ApiRequest("keys.verifyKey", $$"""{"key":"{{key.Key}}"}""") { Authorization = "Bearer nobody_knows_this_root_key" }).RequestId);
            client.Post("keys.getKey", """{"keyId":"key_nobody"}""").Refused(ErrorCode.KeyNotFound);
            client.Post("ratelimit.limit", """{"namespace":"n","identifier":"me","limit":5,"duration":60000}""");
            client.Post("ratelimit.limit", """{"namespace":"n","identifier":"me","limit":5,"duration":60000}""");
            client.Exchange("GET /v2/liveness HTTP/1.1\r\nHost: localhost\r\n\r\n"u8);
            client.Exchange("GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"u8);
            client.Exchange("GET /v2/keys.verifyKey?secret=of_a_query HTTP/1.1\r\nHost: api.example.com:80\r\nUser-Agent: agent/1\r\n\r\n"u8);
            client.Exchange("POST /v2/nothing.here HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"u8);
            client.Exchange("POST /v2/keys.verifyKey HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n"u8);
            server.AddSecret("of_a_query");
            server.AddSecret("nobody_knows_this_root_key");
        }

        using EventStoreReader store = new(setup.DataDirectory!);
        Assert.Equal(
            [
                "POST /v2/apis.createApi 200 ", "POST /v2/keys.createKey 200 ", "POST /v2/keys.getKey 404 unkey/data/key_not_found",
                "POST /v2/keys.verifyKey 200 ", "POST /v2/ratelimit.limit 200 ", "POST /v2/ratelimit.limit 200 ",
            ],
            store.Texts($"SELECT {Columns} WHERE workspace_id = '{workspaceId}' AND root_key_id = '{rootKeyId}' ORDER BY path, response_status"));

        // A body is held against its schema before anybody asks who sent it, so such a refusal has no caller.
        Assert.Equal(
            [
                "  400 unkey/application/invalid_input", "GET /v2/keys.verifyKey 405 ", "POST /v2/keys.verifyKey 400 unkey/application/invalid_input",
                "POST /v2/keys.verifyKey 401 unkey/authentication/key_not_found", "POST /v2/nothing.here 404 ",
            ],
            store.Texts($"SELECT {Columns} WHERE workspace_id = '' AND root_key_id = '' ORDER BY 1"));
        Assert.Equal(["POST /v2/workspaces.createWorkspace 200 "], store.Texts($"SELECT {Columns} WHERE path LIKE '%orkspace%'"));
        Assert.Equal(["api.example.com:80 agent/1 127.0.0.1"], store.Texts("SELECT host || ' ' || user_agent || ' ' || ip_address FROM api_requests_raw_v2 WHERE response_status = 405"));
        Assert.Equal(ids.Order(StringComparer.Ordinal), store.Texts("SELECT request_id FROM api_requests_raw_v2 WHERE path = '/v2/keys.verifyKey' AND method = 'POST' ORDER BY 1"));
        Assert.Equal(12, store.Number("SELECT count(*) FROM api_requests_raw_v2"));
        Assert.Equal(0, store.Number("SELECT count(*) FROM api_requests_raw_v2 WHERE service_latency <= 0 AND path <> '' OR query_string <> '' OR length(request_id) <> 13"));
        foreach (string unit in (string[])["minute", "hour", "day", "month"])
        {
            Assert.Equal(12, store.Number($"SELECT sum(count) FROM api_requests_per_{unit}_v2"));
            Assert.Equal(2, store.Number($"SELECT sum(count) FROM api_requests_per_{unit}_v2 WHERE path = '/v2/ratelimit.limit' AND response_status = 200"));
        }
    }

    [Fact]
    public void V1IsRecordedToo()
    {
        ServerSetup setup = Setup("all", "--v1");
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            V1Client v1 = new(client);
            CreatedKey key = v1.CreateKey(client.CreateApi());
            v1.Verify(key.Key);
            v1.Get("keys.getKey", "keyId=" + key.KeyId);
            v1.Get("keys.getNothing");
        }

        using EventStoreReader store = new(setup.DataDirectory!);
        Assert.Equal(
            ["GET /v1/keys.getKey 200 ", "GET /v1/keys.getNothing 404 NOT_FOUND", "POST /v1/keys.createKey 200 ", "POST /v1/keys.verifyKey 200 "],
            store.Texts($"SELECT {Columns} WHERE path LIKE '/v1/%' ORDER BY 1"));
        Assert.Equal(["GET /v1/keys.getNothing", "POST /v1/keys.verifyKey"], store.Texts(
            "SELECT method || ' ' || path FROM api_requests_raw_v2 WHERE path LIKE '/v1/%' AND root_key_id = '' AND workspace_id = '' ORDER BY 1"));
    }

    [Fact]
    public void ErrorsAloneAreRecordedWhenAskedFor()
    {
        Assert.Equal(["/v2/keys.verifyKey 400"], Recorded("errors"));
        Assert.Empty(Recorded("off"));

        // A share of nothing: errors and management calls.
        Assert.Equal(["/v2/apis.createApi 200", "/v2/keys.createKey 200", "/v2/keys.verifyKey 400"], Recorded("0"));
    }

    [Fact]
    public void AShareOfTheVerificationsIsRecorded()
    {
        const int Calls = 2_000;
        ServerSetup setup = Setup("0.25");
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            CreatedKey key = client.CreateKey(client.CreateApi());
            for (int i = 0; i < Calls; i++)
            {
                client.Verify(key.Key);
            }
        }

        // Six standard deviations of a binomial distribution to each side: wrong once in five hundred million runs.
        using EventStoreReader store = new(setup.DataDirectory!);
        Assert.InRange(store.Number("SELECT count(*) FROM api_requests_raw_v2 WHERE path = '/v2/keys.verifyKey'"), (Calls / 4) - 116, (Calls / 4) + 116);
        Assert.Equal(Calls, store.Number("SELECT count(*) FROM key_verifications_v1"));
    }

    [Fact]
    public void ALongTextIsCut()
    {
        ServerSetup setup = Setup("errors");
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            client.Exchange(System.Text.Encoding.ASCII.GetBytes(
                $"GET /{new string('p', 5_000)} HTTP/1.1\r\nHost: {new string('h', 3_000)}\r\nUser-Agent: {new string('u', 5_000)}\r\n\r\n"));
        }

        using EventStoreReader store = new(setup.DataDirectory!);
        Assert.Equal(["256 256 256"], store.Texts("SELECT length(path) || ' ' || length(host) || ' ' || length(user_agent) FROM api_requests_raw_v2"));
    }

    /// <summary>The requests that were answered before a kill are in the store after the next start, once.</summary>
    [Fact]
    public void AKillLosesNoRequest()
    {
        ServerSetup setup = Setup("all", "--event-batch-age", "20ms", "--event-batch-size", "50");
        List<string> answered = [];
        for (int round = 0; round < 5; round++)
        {
            using ServerProcess server = ServerProcess.Start(setup);
            using ApiClient client = server.Client();
            Reply created = client.Post("apis.createApi", """{"name":"api of a test"}""");
            answered.Add(created.RequestId);
            string key = client.CreateKey(created.Data.GetProperty("apiId").GetString()!).Key;
            for (int i = 0; i < 150 + (round * 37); i++)
            {
                answered.Add((i % 10 == 9 ? client.Post("keys.verifyKey", "{}") : client.Verify(key)).RequestId);
            }

            server.Kill();
        }

        ServerProcess.Start(setup).Dispose();
        using EventStoreReader store = new(setup.DataDirectory!);
        List<string> stored = store.Texts("SELECT request_id FROM api_requests_raw_v2 WHERE path <> '/v2/keys.createKey'");
        Assert.Equal(answered.Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));
        Assert.Equal(answered.Count + 5, store.Number("SELECT sum(count) FROM api_requests_per_day_v2"));
    }

    private List<string> Recorded(string rule)
    {
        ServerSetup setup = Setup(rule) with { DataDirectory = Path.Combine(_directory, rule) };
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            client.Verify(client.CreateKey(client.CreateApi()).Key);
            client.Post("keys.verifyKey", "{}");
        }

        using EventStoreReader store = new(setup.DataDirectory!);
        return store.Texts("SELECT path || ' ' || response_status FROM api_requests_raw_v2 ORDER BY 1");
    }

    private ServerSetup Setup(string rule, params string[] more) => new()
    {
        DataDirectory = Path.Combine(_directory, "data"),
        Options = ["--request-log", rule, .. more],
    };
}
