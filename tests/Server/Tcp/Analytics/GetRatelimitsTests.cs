using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Analytics;

/// <summary><c>analytics.getRatelimits</c> on both stores: permissions, scopes and refusals, as the contract has them.</summary>
public sealed class GetRatelimitsTests(AnalyticsFixture fixture) : IClassFixture<AnalyticsFixture>
{
    private const string Operation = "getRatelimits";
    private const string Rows = "SELECT namespace_id, count() AS n FROM ratelimits_v1";
    private const string Tail = " GROUP BY namespace_id ORDER BY namespace_id";
    private const string First = """{"namespace_id":"rlns_0","n":300}""";
    private const string Second = """{"namespace_id":"rlns_1","n":300}""";

    public static TheoryData<int> Stores => [0, 1];

    [Theory]
    [MemberData(nameof(Stores))]
    public void AWildcardGrantSeesTheWorkspace(int store)
    {
        using ApiClient client = fixture.Clients[store].WithPermissions("ratelimit.*.read_analytics");
        Assert.Equal($"[{First},{Second}]", Ask(client, Rows + Tail));
        Assert.Equal($"[{First}]", Ask(client, Rows + " WHERE namespace_id = 'rlns_0'" + Tail));
        Assert.Equal($"[{Second}]", Ask(client, "SELECT r.namespace_id, count() AS n FROM ratelimits_v1 AS r WHERE r.namespace_id = 'rlns_1' GROUP BY r.namespace_id"));
        Assert.Equal("""[{"n":900}]""", Ask(client, "SELECT sum(n) AS n FROM (SELECT count() AS n FROM ratelimits_v1 WHERE namespace_id = 'rlns_0' UNION ALL SELECT count() FROM ratelimits_v1)"));
        string many = string.Join(", ", Enumerable.Range(0, 11).Select(static i => $"'rlns_{i}'"));
        Assert.Equal($"[{First},{Second}]", Ask(client, Rows + $" WHERE namespace_id IN ({many})" + Tail));
        foreach (string foreign in (string[])["rlns_unknown", $"rlns_{AnalyticsEvents.Marker}"])
        {
            Assert.Equal("[]", Ask(client, Rows + $" WHERE namespace_id = '{foreign}'" + Tail));
        }
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public void AScopedGrantSeesItsNamespaces(int store)
    {
        // Used as given: a namespace that is deleted, or that never was, has no other name.
        using ApiClient client = fixture.Clients[store].WithPermissions("ratelimit.rlns_1.read_analytics");
        Assert.Equal($"[{Second}]", Ask(client, Rows + Tail));
        Assert.Equal($"[{Second}]", Ask(client, Rows + " WHERE namespace_id = 'rlns_1' OR 1 = 1" + Tail));
        foreach (string condition in (string[])["= 'rlns_0'", "= 'rlns_unknown'", "!= 'rlns_1'"])
        {
            Assert.Equal("[]", Ask(client, $"{Rows} WHERE namespace_id {condition}{Tail}"));
        }

        using ApiClient both = fixture.Clients[store].WithPermissions("ratelimit.rlns_0.read_analytics", "ratelimit.rlns_1.read_analytics");
        Assert.Equal($"[{First},{Second}]", Ask(both, Rows + " WHERE namespace_id IN ('rlns_0', 'rlns_1')" + Tail));
        Assert.Equal("""[{"t":600}]""", Ask(both, "SELECT sum(total) AS t FROM ratelimits_per_hour_v1"));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public void WithoutAGrantNothingIsSaidAboutTheQuery(int store)
    {
        using ApiClient client = fixture.Clients[store].WithPermissions("ratelimit.*.read_namespace", "api.*.read_analytics");
        Assert.Equal("Missing permission: 'ratelimit.*.read_analytics'", AnalyticsFixture.Ask(client, Operation, "").Refused(ErrorCode.InsufficientPermissions).Detail);
        fixture.Clients[store].Send(new ApiRequest("analytics.getRatelimits", """{"query":""}""")).Refused(ErrorCode.InvalidInput);
        using ApiClient unknown = fixture.Clients[store].With("unkey_root_unknown");
        Assert.Equal(401, AnalyticsFixture.Ask(unknown, Operation, Rows + Tail).Status);
    }

    [Theory]
    [InlineData("", ErrorCode.InvalidAnalyticsQuery)]
    [InlineData("SELECT FROM", ErrorCode.InvalidAnalyticsQuery)]
    [InlineData("SELECT * FROM default.ratelimits_raw_v2", ErrorCode.InvalidAnalyticsTable)]
    [InlineData("SELECT avgMerge(latency_avg) FROM ratelimits_per_hour_v1", ErrorCode.InvalidAnalyticsFunction)]
    public void RefusalsSayWhy(string query, string code)
    {
        foreach (ApiClient client in fixture.Clients)
        {
            Assert.NotEmpty(AnalyticsFixture.Ask(client, Operation, query).Refused(code).Detail);
        }
    }

    private static string Ask(ApiClient client, string query) => AnalyticsFixture.Ask(client, Operation, query).Data.GetRawText();
}
