using System;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Analytics;

/// <summary>Queries that want more than they may have. One workspace asks, on both stores; the events of another must not be seen or counted.</summary>
public sealed class HostileQueryTests(AnalyticsFixture fixture) : IClassFixture<AnalyticsFixture>
{
    public static TheoryData<string, string, string> Data
    {
        get
        {
            TheoryData<string, string, string> data = [];
            foreach ((string expected, string operation, string query) in HostileQueries.All)
            {
                data.Add(expected, operation, query);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Data))]
    public void SeesNothingOfAnotherWorkspace(string expected, string operation, string query)
    {
        string meant = query.Replace("{other}", fixture.OtherWorkspaceId, StringComparison.Ordinal).Replace("{foreign}", Foreign(operation), StringComparison.Ordinal);
        foreach (ApiClient client in fixture.Clients)
        {
            Reply reply = AnalyticsFixture.Ask(client, operation, meant);
            if (!long.TryParse(expected, out long count))
            {
                reply.Refused(Code(expected));
                continue;
            }

            Assert.True(reply.Status == 200, reply.ToString());
            JsonElement row = Assert.Single(reply.Data.EnumerateArray());
            Assert.Equal(count, row.EnumerateObject().Last(static member => member.Value.ValueKind == JsonValueKind.Number).Value.GetInt64());
            Assert.DoesNotContain(AnalyticsEvents.Marker, reply.Json.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void TheOtherWorkspaceHasWhatTheseQueriesDoNotSee()
    {
        foreach (ApiClient client in fixture.OtherClients)
        {
            foreach (string table in (string[])["key_verifications_v1", "ratelimits_v1"])
            {
                JsonElement row = Assert.Single(AnalyticsFixture.Ask(client, $"SELECT count() AS c, max(request_id) AS r, any(workspace_id) AS w FROM {table}").Data.EnumerateArray());
                Assert.Equal(120, row.GetProperty("c").GetInt64());
                Assert.Contains(AnalyticsEvents.Marker, row.GetProperty("r").GetString(), StringComparison.Ordinal);
                Assert.Equal(fixture.OtherWorkspaceId, row.GetProperty("w").GetString());
            }
        }
    }

    private string Foreign(string operation) => operation == "getVerifications" ? fixture.OtherKeyspace : $"rlns_{AnalyticsEvents.Marker}";

    private static string Code(string expected) => expected switch
    {
        "query" => ErrorCode.InvalidAnalyticsQuery,
        "table" => ErrorCode.InvalidAnalyticsTable,
        "function" => ErrorCode.InvalidAnalyticsFunction,
        "type" => ErrorCode.InvalidAnalyticsQueryType,
        _ => throw new ArgumentException($"'{expected}' is no expectation."),
    };
}
