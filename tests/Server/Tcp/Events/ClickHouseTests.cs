using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Events;

/// <summary>Events in ClickHouse: its real engine, the product's own tables, and every way in which a delivery can fail.</summary>
public sealed class ClickHouseTests : IDisposable
{
    private const string Database = "unkey_test";

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;
    private readonly ClickHouseServer _clickHouse;
    private readonly ServerSetup _setup;

    public ClickHouseTests()
    {
        _clickHouse = new ClickHouseServer(Path.Combine(_directory, "clickhouse"));
        _setup = new ServerSetup
        {
            DataDirectory = Path.Combine(_directory, "data"),
            Options = ["--clickhouse", _clickHouse.Address(Database), "--request-log", "all", "--event-batch-age", "50ms", "--event-batch-size", "100"],
        };
    }

    public void Dispose()
    {
        _clickHouse.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void EventsAndTheirSumsAreInTheTables()
    {
        List<string> answered = [];
        using (ServerProcess server = ServerProcess.Start(_setup))
        {
            using ApiClient client = server.Client();
            string key = client.CreateKey(client.CreateApi(), "\"externalId\":\"user_9\",\"credits\":{\"remaining\":150}").Key;
            for (int i = 0; i < 250; i++)
            {
                Reply reply = client.Verify(key, "\"tags\":[\"a=b\",\"it's \\\"quoted\\\"\"]");
                answered.Add($"{reply.RequestId} {reply.Code}");
            }

            for (int i = 0; i < 5; i++)
            {
                client.Post("ratelimit.limit", """{"namespace":"n","identifier":"me","limit":6,"duration":60000,"cost":2}""");
            }
        }

        Assert.Equal(
            answered.Order(StringComparer.Ordinal),
            _clickHouse.Texts(Database, "SELECT concat(request_id, ' ', outcome) FROM key_verifications_raw_v2").Order(StringComparer.Ordinal));
        Assert.Equal(["user_9 it's \"quoted\" api"], _clickHouse.Texts(Database, "SELECT DISTINCT concat(external_id, ' ', tags[2], ' ', source) FROM key_verifications_raw_v2"));
        Assert.Equal(
            ["POST localhost 127.0.0.1 key_ ws_ 0 0"],
            _clickHouse.Texts(
                Database,
                "SELECT DISTINCT concat(method, ' ', host, ' ', ip_address, ' ', substring(root_key_id, 1, 4), ' ', substring(workspace_id, 1, 3), ' ',"
                    + " toString(length(request_headers)), ' ', toString(length(query_params))) FROM api_requests_raw_v2"));
        foreach (string unit in (string[])["minute", "hour", "day", "month"])
        {
            Assert.Equal(
                ["USAGE_EXCEEDED 100 0", "VALID 150 150"],
                _clickHouse.Texts(
                    Database, $"SELECT concat(outcome, ' ', toString(sum(count)), ' ', toString(sum(spent_credits))) FROM key_verifications_per_{unit}_v3 GROUP BY outcome ORDER BY outcome"));
            Assert.Equal(
                ["3 5 6 10"],
                _clickHouse.Texts(
                    Database,
                    "SELECT concat(toString(sum(passed)), ' ', toString(sum(total)), ' ', toString(sum(passed_tokens)), ' ', toString(sum(total_tokens)))"
                        + $" FROM ratelimits_per_{unit}_v2"));
            Assert.Equal(
                ["/v2/apis.createApi 1", "/v2/keys.createKey 1", "/v2/keys.verifyKey 250", "/v2/ratelimit.limit 5"],
                _clickHouse.Texts(Database, $"SELECT concat(path, ' ', toString(sum(count))) FROM api_requests_per_{unit}_v2 WHERE response_status = 200 GROUP BY path ORDER BY path"));
            Assert.Equal(1, _clickHouse.Number(Database, $"SELECT avgMerge(latency_avg) > 0 FROM key_verifications_per_{unit}_v3"));
        }
    }

    /// <summary>Refused, closed, or stored with the answer lost; the process killed in between: counted once.</summary>
    [Theory]
    [InlineData("refuse")]
    [InlineData("close")]
    [InlineData("lose")]
    public void WhatFailsOnTheWayIsCountedOnce(string fault)
    {
        List<string> answered = [];
        for (int round = 0; round < 3; round++)
        {
            using ServerProcess server = ServerProcess.Start(_setup);
            using ApiClient client = server.Client();
            string key = client.CreateKey(client.CreateApi()).Key;
            _clickHouse.Fail(fault, 2);
            for (int i = 0; i < 120; i++)
            {
                answered.Add(client.Verify(key).RequestId);
            }

            Poll.Until(() => server.Metric("unkey_event_delivery_failures_total") >= 1, "a delivery fails");
            server.Kill();
        }

        using (ServerProcess last = ServerProcess.Start(_setup))
        {
            Poll.Until(() => last.Metric("unkey_event_spool_bytes") == 0 && last.Metric("unkey_event_ring_bytes") == 0, "everything is delivered");
            Assert.Equal(1, last.Metric("unkey_events_sink_up"));
        }

        Assert.Equal(
            answered.Order(StringComparer.Ordinal), _clickHouse.Texts(Database, "SELECT request_id FROM key_verifications_raw_v2").Order(StringComparer.Ordinal));
        Assert.Equal(answered.Count, _clickHouse.Number(Database, "SELECT sum(count) FROM key_verifications_per_month_v3"));
        Assert.Equal(answered.Count, _clickHouse.Number(Database, "SELECT sum(count) FROM api_requests_per_month_v2 WHERE path = '/v2/keys.verifyKey'"));
    }

    [Fact]
    public void AServerThatHangsHoldsUpNothing()
    {
        List<string> answered = [];
        using (ServerProcess server = ServerProcess.Start(_setup))
        {
            using ApiClient client = server.Client();
            string key = client.CreateKey(client.CreateApi()).Key;
            answered.Add(client.Verify(key).RequestId);
            Poll.Until(() => server.Metric("unkey_event_ring_bytes") == 0 && server.Metric("unkey_event_spool_bytes") == 0, "the first events are delivered");
            _clickHouse.Pause();
            try
            {
                for (int i = 0; i < 300; i++)
                {
                    answered.Add(client.Verify(key).RequestId);
                }

                Poll.Until(() => server.Metric("unkey_event_spool_bytes") > 0 && server.Metric("unkey_event_ring_bytes") == 0, "events wait in the spool");
            }
            finally
            {
                _clickHouse.Resume();
            }

            Poll.Until(() => server.Metric("unkey_event_ring_bytes") == 0 && server.Metric("unkey_event_spool_bytes") == 0, "everything is delivered");
        }

        Assert.Equal(answered.Count, _clickHouse.Number(Database, "SELECT count() FROM key_verifications_raw_v2"));
    }

    [Fact]
    public void AnAddressThatIsNoneStopsTheStartWithoutShowingItsPassword()
    {
        CommandRun run = CommandRun.Of(["serve", "--data", _setup.DataDirectory!, "--clickhouse", "ftp://u:hidden_password@h/x"]);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("--clickhouse", run.Output + run.Errors);
        Assert.Contains("http://user:password@host:8123/database", run.Output + run.Errors);
        Assert.DoesNotContain("hidden_password", run.Output + run.Errors);
        Assert.Empty(Directory.Exists(_setup.DataDirectory) ? Directory.GetFileSystemEntries(_setup.DataDirectory) : []);
    }
}
