using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Events;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Analytics;

/// <summary>What stops queries: settings, quotas, time, and stores that are not there.</summary>
public sealed class AnalyticsLimitsTests : IDisposable
{
    private const string Count = "SELECT count() AS c FROM key_verifications_v1";
    private const string Endless = "SELECT count() AS c FROM key_verifications_v1 a, " +
        "key_verifications_v1 b, key_verifications_v1 c, key_verifications_v1 d, key_verifications_v1 e, key_verifications_v1 f, key_verifications_v1 g, key_verifications_v1 h";

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void WithoutEventsThereAreNoAnalytics()
    {
        using ServerProcess server = Start("--events=false");
        using ApiClient client = server.Client();
        foreach (string query in (string[])[Count, "", "nonsense", "SELECT * FROM ratelimits_v1"])
        {
            Assert.NotEmpty(AnalyticsFixture.Ask(client, query).Refused(ErrorCode.AnalyticsNotConfigured).Detail);
        }

        using ApiClient stranger = client.WithPermissions("ratelimit.*.read_namespace");
        AnalyticsFixture.Ask(stranger, "getRatelimits", Count).Refused(ErrorCode.InsufficientPermissions);
    }

    [Fact]
    public void WhatIsVerifiedCanBeAskedFor()
    {
        using ServerProcess server = Start("--event-batch-age", "10ms");
        using ApiClient client = server.Client();
        Assert.Equal("""[{"c":0}]""", AnalyticsFixture.Ask(client, Count).Data.GetRawText());
        string key = client.CreateKey(client.CreateApi(), "\"externalId\":\"user_9\"").Key;
        client.Verify(key, "\"tags\":[\"a=b\"]");
        client.Post("ratelimit.limit", """{"namespace":"n","identifier":"me","limit":6,"duration":60000,"cost":2}""");
        Poll.Until(() => AnalyticsFixture.Ask(client, "SELECT count() AS c FROM ratelimits_v1").Data[0].GetProperty("c").GetInt64() == 1, "the event is in the store");
        Poll.Until(() => AnalyticsFixture.Ask(client, Count).Data[0].GetProperty("c").GetInt64() == 1, "the event is in the store");
        Assert.Equal(
            """[{"external_id":"user_9","outcome":"VALID","tags":["a=b"],"recent":1}]""",
            AnalyticsFixture.Ask(client, "SELECT external_id, outcome, tags, time >= now() - INTERVAL 1 HOUR AS recent FROM key_verifications_v1").Data.GetRawText());
        Assert.Equal(
            """[{"identifier":"me","passed":true,"tokens":2,"limit":6,"remaining":4}]""",
            AnalyticsFixture.Ask(client, "SELECT identifier, passed, tokens, limit, remaining FROM ratelimits_v1").Data.GetRawText());
    }

    [Fact]
    public void QueriesAreCounted()
    {
        using ServerProcess server = Start("--analytics-hourly-queries", "1");
        using ApiClient client = server.Client();
        AnalyticsFixture.Ask(client, "SELECT nothing FROM key_verifications_v1").Refused(ErrorCode.InvalidAnalyticsQuery);
        Assert.Equal(200, AnalyticsFixture.Ask(client, Count).Status);
        AnalyticsFixture.Ask(client, Count).Refused(ErrorCode.QueryQuota);
        AnalyticsFixture.Ask(client, "SELECT count() FROM ratelimits_v1").Refused(ErrorCode.QueryQuota);
        using ApiClient other = client.CreateWorkspace().Client;
        Assert.Equal(200, AnalyticsFixture.Ask(other, Count).Status);
    }

    [Fact]
    public void RowsAreCounted()
    {
        using ServerProcess server = Start("--analytics-max-rows", "2", "--event-batch-age", "10ms");
        using ApiClient client = server.Client();
        Verify(client, 4);
        foreach (string limit in (string[])["", " LIMIT 100", " LIMIT ALL", " LIMIT -1"])
        {
            Assert.Equal(2, AnalyticsFixture.Ask(client, "SELECT request_id FROM key_verifications_v1" + limit).Data.GetArrayLength());
        }

        Assert.Equal(1, AnalyticsFixture.Ask(client, "SELECT request_id FROM key_verifications_v1 LIMIT 1").Data.GetArrayLength());
    }

    [Theory]
    [InlineData(30, "60 DAY", "30 days")]
    [InlineData(90, "120 DAY", "90 days")]
    public void OlderThanTheRetentionIsRefused(int days, string tooLong, string detail)
    {
        using ServerProcess server = Start("--event-retention", $"{days}");
        using ApiClient client = server.Client();
        foreach (string kept in (string[])["", " WHERE time >= now() - INTERVAL 7 DAY", $" WHERE time >= now() - INTERVAL {days} DAY"])
        {
            Assert.Equal(200, AnalyticsFixture.Ask(client, Count + kept).Status);
        }

        Assert.Contains(
            detail, AnalyticsFixture.Ask(client, $"{Count} WHERE time >= now() - INTERVAL {tooLong}").Refused(ErrorCode.BeyondRetention).Detail, StringComparison.Ordinal);
    }

    // Eight tables at once would take years. Meanwhile keys are verified, and a queue of such queries has an end.
    [Fact]
    public async Task EndlessQueriesEndAndHoldNothingUp()
    {
        using ServerProcess server = Start("--event-batch-age", "10ms");
        using ApiClient client = server.Client();
        string key = Verify(client, 60);
        ApiClient[] askers = [.. Enumerable.Range(0, 40).Select(_ => client.Another())];
        Task<Reply>[] replies = [.. askers.Select(asker => Task.Factory.StartNew(() => AnalyticsFixture.Ask(asker, Endless), TaskCreationOptions.LongRunning))];
        Poll.Until(() => replies.Any(static reply => reply.IsCompleted), "a query is refused, because too many wait");
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal("VALID", client.Verify(key).Code);
        }

        string[] codes = [.. (await Task.WhenAll(replies)).Select(static reply => reply.ErrorType)];
        Assert.Equal([ErrorCode.QueryQuota, ErrorCode.QueryTimeout], codes.Distinct().Order());
        Assert.True(codes.Count(static code => code == ErrorCode.QueryTimeout) >= 2);
        Assert.Equal(200, AnalyticsFixture.Ask(client, Count).Status);
        foreach (ApiClient asker in askers)
        {
            asker.Dispose();
        }
    }

    [Fact]
    public void TimeIsCounted()
    {
        using ServerProcess server = Start("--event-batch-age", "10ms", "--analytics-hourly-time", "1s");
        using ApiClient client = server.Client();
        Verify(client, 60);
        AnalyticsFixture.Ask(client, Endless).Refused(ErrorCode.QueryTimeout);
        Assert.Contains("seconds", AnalyticsFixture.Ask(client, Count).Refused(ErrorCode.QueryQuota).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void AStoreThatIsAwayIsSaid()
    {
        using ServerProcess server = Start("--clickhouse", "http://writer:secret@127.0.0.1:9/events");
        using ApiClient client = server.Client();
        Assert.Equal("Failed to connect to ClickHouse analytics database", AnalyticsFixture.Ask(client, Count).Refused(ErrorCode.AnalyticsConnectionFailed).Detail);
        using ApiClient stranger = client.WithPermissions("api.*.read_api");
        AnalyticsFixture.Ask(stranger, Count).Refused(ErrorCode.InsufficientPermissions);
    }

    // The tables are made by the first delivery; a query that comes before it makes them too.
    [Fact]
    public void ClickHouseAnswersBeforeTheFirstEvent()
    {
        using ClickHouseServer clickHouse = new(Path.Combine(_directory, "clickhouse"));
        using ServerProcess server = Start("--clickhouse", clickHouse.Address("fresh_database"), "--event-batch-age", "10ms");
        using ApiClient client = server.Client();
        Assert.Equal("""[{"c":0}]""", AnalyticsFixture.Ask(client, Count).Data.GetRawText());
        Verify(client, 3);
        Assert.Equal("""[{"c":3}]""", AnalyticsFixture.Ask(client, Count).Data.GetRawText());
    }

    private static string Verify(ApiClient client, int count)
    {
        string key = client.CreateKey(client.CreateApi()).Key;
        for (int i = 0; i < count; i++)
        {
            client.Verify(key);
        }

        Poll.Until(() => AnalyticsFixture.Ask(client, Count).Data[0].GetProperty("c").GetInt64() >= count, "the events are in the store");
        return key;
    }

    private ServerProcess Start(params IEnumerable<string> options) =>
        ServerProcess.Start(new ServerSetup { DataDirectory = Path.Combine(_directory, "data"), Options = [.. options] });
}
