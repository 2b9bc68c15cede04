using System;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Analytics;

/// <summary><c>analytics.getVerifications</c> on both stores: permissions, scopes and refusals, as the contract has them.</summary>
public sealed class GetVerificationsTests(AnalyticsFixture fixture) : IClassFixture<AnalyticsFixture>
{
    private const string Operation = "getVerifications";
    private const string Count = "SELECT COUNT(*) as count FROM key_verifications_v1";
    private const string ByKeyspace = "SELECT key_space_id, COUNT(*) AS n FROM key_verifications_v1 GROUP BY key_space_id ORDER BY key_space_id";

    public static TheoryData<int> Stores => [0, 1];

    [Theory]
    [MemberData(nameof(Stores))]
    public void AWildcardGrantSeesTheWorkspace(int store)
    {
        using ApiClient client = fixture.Clients[store].WithPermissions("api.*.read_analytics");
        JsonElement row = Assert.Single(Ask(client, Count).Data.EnumerateArray());
        Assert.Equal("""{"count":600}""", row.GetRawText());
        Assert.Equal(2, Ask(client, ByKeyspace).Data.GetArrayLength());
        Assert.Equal(JsonValueKind.Array, Ask(client, Count + " WHERE outcome = 'NONE' GROUP BY outcome").Data.ValueKind);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public void AScopedGrantSeesItsApis(int store)
    {
        using ApiClient client = fixture.Clients[store].WithPermissions($"api.{fixture.Apis[1]}.read_analytics", "api.*.read_api");
        Assert.Equal(200, Ask(client, Count).Data[0].GetProperty("count").GetInt64());
        JsonElement row = Assert.Single(Ask(client, ByKeyspace).Data.EnumerateArray());
        Assert.Equal(fixture.Keyspaces[1], row.GetProperty("key_space_id").GetString());
        Assert.Equal("200", row.GetProperty("n").GetRawText());
        foreach (string other in (string[])[fixture.Keyspaces[0], "ks_unknown", fixture.OtherKeyspace])
        {
            Assert.Equal("[]", Ask(client, $"SELECT key_id FROM key_verifications_v1 WHERE key_space_id = '{other}'").Data.GetRawText());
        }

        Assert.Equal(200, Ask(client, Count + $" WHERE key_space_id = '{fixture.Keyspaces[0]}' OR 1 = 1").Data[0].GetProperty("count").GetInt64());
        Assert.Equal(200, Ask(client, "SELECT SUM(count) AS count FROM key_verifications_per_day_v1").Data[0].GetProperty("count").GetInt64());
        using ApiClient both = fixture.Clients[store].WithPermissions(fixture.Apis.Select(static api => $"api.{api}.read_analytics"));
        Assert.Equal(600, Ask(both, Count).Data[0].GetProperty("count").GetInt64());
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public void AGrantForAnUnknownApiSeesNothing(int store)
    {
        using ApiClient client = fixture.Clients[store].WithPermissions("api.api_unknown1.read_analytics");
        Assert.Equal("[]", Ask(client, "SELECT key_id FROM key_verifications_v1").Data.GetRawText());
        Assert.Equal(0, Ask(client, Count).Data[0].GetProperty("count").GetInt64());
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public void WithoutAGrantNothingIsSaidAboutTheQuery(int store)
    {
        using ApiClient client = fixture.Clients[store].WithPermissions("api.*.read_api", "ratelimit.*.read_analytics");
        foreach (string query in (string[])[Count, "", "DROP TABLE x"])
        {
            Assert.Equal("Missing permission: 'api.*.read_analytics'", Ask(client, query).Refused(ErrorCode.InsufficientPermissions).Detail);
        }

        fixture.Clients[store].Send(new ApiRequest("analytics.getVerifications", $$"""{"query":"{{Count}}"}""")).Refused(ErrorCode.InvalidInput);
        using ApiClient unknown = fixture.Clients[store].With("unkey_root_unknown");
        Assert.Equal(401, Ask(unknown, Count).Status);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public void ValuesAreJson(int store)
    {
        JsonElement row = Assert.Single(Ask(
            fixture.Clients[store],
            "SELECT toDateTime(5) AS t, toDate('2026-08-21') AS d, fromUnixTimestamp64Milli(1500) AS m, 9007199254740993 AS n, 1.5 AS f, 1 / 0 AS i, true AS b, NULL AS z,"
                + " 'é\"' AS s, ['a', 'b'] AS a, source, app_id, count() AS c, max(spent_credits) AS x FROM key_verifications_v1 GROUP BY source, app_id").Data.EnumerateArray());
        Assert.Equal(
            """{"t":"1970-01-01T00:00:05Z","d":"2026-08-21T00:00:00Z","m":"1970-01-01T00:00:01.5Z","n":9007199254740993,"f":1.5,"i":null,"b":true,"z":null,"""
                + """ "s":"é\"","a":["a","b"],"source":"api","app_id":"","c":600,"x":6}""".TrimStart(),
            row.GetRawText());
    }

    [Theory]
    [InlineData("", ErrorCode.InvalidAnalyticsQuery, "No SQL")]
    [InlineData(Count + " WHERE invalid syntax here", ErrorCode.InvalidAnalyticsQuery, "Invalid SQL syntax")]
    [InlineData("SELECT unknown_column FROM key_verifications_v1", ErrorCode.InvalidAnalyticsQuery, "Unknown")]
    [InlineData("SELECT * FROM system.tables", ErrorCode.InvalidAnalyticsTable, "Access to table 'system.tables' is not allowed")]
    [InlineData("SELECT * FROM (SELECT * FROM default.key_verifications_raw_v2)", ErrorCode.InvalidAnalyticsTable, "key_verifications_raw_v2")]
    [InlineData("SELECT * FROM ratelimits_v1", ErrorCode.InvalidAnalyticsTable, "ratelimits_v1")]
    [InlineData("SELECT file('x') FROM key_verifications_v1", ErrorCode.InvalidAnalyticsFunction, "Function 'file' is not allowed")]
    [InlineData("DELETE FROM key_verifications_v1", ErrorCode.InvalidAnalyticsQueryType, "Only SELECT queries are allowed")]
    public void RefusalsSayWhy(string query, string code, string detail)
    {
        foreach (ApiClient client in fixture.Clients)
        {
            Assert.Contains(detail, Ask(client, query).Refused(code).Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void TheBodyIsOpenAndTheQueryAText()
    {
        ApiClient client = fixture.Clients[0];
        Assert.Equal(200, client.Post("analytics.getVerifications", $$"""{"query":"{{Count}}","more":[1]}""").Status);
        client.Post("analytics.getVerifications", "{}").RefusedBySchema("analytics.getVerifications");
        client.Post("analytics.getVerifications", """{"query":5}""").RefusedBySchema("analytics.getVerifications");
        Assert.Contains("maximum length", Ask(client, Count + new string(' ', 16 * 1024)).Refused(ErrorCode.InvalidAnalyticsQuery).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void AnswersBeyondFourMebibytesAreRefused()
    {
        string query = $"SELECT a.request_id AS r, '{new string('x', 1_000)}' AS x FROM key_verifications_v1 AS a, key_verifications_v1 AS b";
        foreach (ApiClient client in fixture.Clients)
        {
            Ask(client, query).Refused(ErrorCode.QueryMemory);
        }
    }

    private static Reply Ask(ApiClient client, string query) => AnalyticsFixture.Ask(client, Operation, query);
}
