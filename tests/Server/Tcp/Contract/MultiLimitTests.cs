using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>ratelimit.multiLimit, and what it shares with ratelimit.limit: namespaces, permissions, the audit log.</summary>
public sealed class MultiLimitTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string Limit = "ratelimit.limit";
    private const string Multi = "ratelimit.multiLimit";

    [Fact]
    public void Decided200MissingNamespacesAreCreatedTogether()
    {
        string[] spaces = [Space(), Space(), Space()];
        Reply reply = Client.Post(Multi, $"[{Check(spaces[0], "u", 100)},{Check(spaces[1], "u", 200)},{Check(spaces[2], "u", 300)}]");
        Assert.True(reply.Data.Flag("passed"));
        JsonElement limits = reply.Data.GetProperty("limits");
        Assert.Equal([99L, 199L, 299L], limits.EnumerateArray().Select(static limit => limit.Number("remaining")));
        Assert.Equal(spaces, limits.Each("namespace"));
        Assert.All(limits.EnumerateArray(), static limit => Assert.False(limit.Has("overrideId")));
        Assert.Equal(spaces.Order(), Created(reply).Select(static created => created.GetProperty("resources")[0].Text("name")).Order());
        Assert.Empty(Created(Client.Post(Multi, $"[{Check(spaces[0], "u", 100)}]")));
    }

    [Fact]
    public void Decided200TheIdOfANamespaceCountsOnTheSameBucket()
    {
        string space = Space();
        Reply first = Client.Post(Limit, Check(space, "u", 100));
        JsonElement created = Assert.Single(Created(first));
        Assert.Equal(space, created.GetProperty("resources")[0].Text("name"));
        string id = created.GetProperty("resources")[0].Text("id");
        Assert.StartsWith("rlns_", id);
        Assert.Equal(98, Client.Post(Limit, Check(id, "u", 100)).Data.Number("remaining"));
        JsonElement both = Client.Post(Multi, $"[{Check(space, "u", 100)},{Check(id, "u", 100)}]").Data.GetProperty("limits");
        Assert.Equal([(space, 97L), (id, 96L)], both.EnumerateArray().Select(static limit => (limit.Text("namespace"), limit.Number("remaining"))));
    }

    [Fact]
    public void Decided200EachCheckHasItsOwnCost()
    {
        string space = Space();
        string body = $"[{Check(space, "a", 100, 1)},{Check(space, "b", 50, 3)},{Check(space, "c", 200, 10)},{Check(space, "d", 5, 0)}]";
        JsonElement limits = Client.Post(Multi, body).Data.GetProperty("limits");
        Assert.Equal([99L, 47L, 190L, 5L], limits.EnumerateArray().Select(static limit => limit.Number("remaining")));
        Assert.Equal(["a", "b", "c", "d"], limits.Each("identifier"));
    }

    [Fact]
    public void Decided200OneThatIsExhaustedChargesNobody()
    {
        string space = Space();
        Client.Post(Limit, Check(space, "b", 1));
        for (int round = 0; round < 3; round++)
        {
            JsonElement data = Client.Post(Multi, $"[{Check(space, "a", 10)},{Check(space, "b", 1)},{Check(space, "c", 10)}]").Data;
            Assert.False(data.Flag("passed"));
            Assert.Equal([true, false, true], data.GetProperty("limits").EnumerateArray().Select(static limit => limit.Flag("passed")));
            Assert.Equal(0, data.GetProperty("limits")[1].Number("remaining"));
        }

        JsonElement after = Client.Post(Multi, $"[{Check(space, "a", 10)},{Check(space, "c", 10)}]").Data.GetProperty("limits");
        Assert.Equal([9L, 9L], after.EnumerateArray().Select(static limit => limit.Number("remaining")));
    }

    [Fact]
    public void Decided200TheSameBucketTwiceAddsUp()
    {
        string space = Space();
        JsonElement two = Client.Post(Multi, $"[{Check(space, "a", 2)},{Check(space, "a", 2)}]").Data;
        Assert.True(two.Flag("passed"));
        Assert.Equal([1L, 0L], two.GetProperty("limits").EnumerateArray().Select(static limit => limit.Number("remaining")));
        JsonElement one = Client.Post(Multi, $"[{Check(space, "b", 1)},{Check(space, "b", 1)}]").Data;
        Assert.False(one.Flag("passed"));
        Assert.Equal([true, false], one.GetProperty("limits").EnumerateArray().Select(static limit => limit.Flag("passed")));
        Assert.True(Client.Post(Limit, Check(space, "b", 1)).Data.Flag("success"));
    }

    [Fact]
    public void Decided200OverridesApplyToEachCheck()
    {
        string space = Space();
        Client.Post(Limit, Check(space, "first", 1));
        string exact = SetOverride(space, "vip", 5);
        string pattern = SetOverride(space, "*@x", 3);
        string body = $"[{Check(space, "vip", 100)},{Check(space, "a@x", 100)},{Check(space, "b", 100)}]";
        JsonElement limits = Client.Post(Multi, body).Data.GetProperty("limits");
        Assert.Equal([5L, 3L, 100L], limits.EnumerateArray().Select(static limit => limit.Number("limit")));
        Assert.Equal([4L, 2L, 99L], limits.EnumerateArray().Select(static limit => limit.Number("remaining")));
        Assert.Equal((exact, pattern, false), (limits[0].Text("overrideId"), limits[1].Text("overrideId"), limits[2].Has("overrideId")));
        Client.Post(Multi, body);
        Client.Post(Multi, body);
        JsonElement exhausted = Client.Post(Multi, body).Data;
        Assert.Equal([true, false, true], exhausted.GetProperty("limits").EnumerateArray().Select(static limit => limit.Flag("passed")));
    }

    [Fact]
    public void Decided200AHundredChecksAreTheMost()
    {
        string space = Space();
        string[] checks = [.. Enumerable.Range(0, 101).Select(i => Check(space, $"u{i}", 10))];
        JsonElement data = Client.Post(Multi, $"[{string.Join(',', checks[..100])}]").Data;
        Assert.True(data.Flag("passed"));
        Assert.Equal(Enumerable.Range(0, 100).Select(static i => $"u{i}"), data.GetProperty("limits").Each("identifier"));
        Client.Post(Multi, $"[{string.Join(',', checks)}]").RefusedBySchema(Multi, "/maxItems");
        Assert.Equal(8, Client.Post(Limit, Check(space, "u0", 10)).Data.Number("remaining"));
    }

    [Fact]
    public void Refused403APermissionIsNeededForEveryNamespace()
    {
        string a = Space();
        string b = Space();
        string id = Assert.Single(Created(Client.Post(Limit, Check(a, "u", 10)))).GetProperty("resources")[0].Text("id");
        Client.Post(Limit, Check(b, "u", 10));
        using ApiClient onlyA = Client.WithPermissions($"ratelimit.{id}.limit");
        Assert.Equal(200, onlyA.Post(Multi, $"[{Check(a, "v", 10)},{Check(id, "w", 10)}]").Status);
        onlyA.Post(Multi, $"[{Check(a, "u", 10)},{Check(b, "u", 10)}]").Refused(ErrorCode.InsufficientPermissions);
        using ApiClient all = Client.WithPermissions("ratelimit.*.limit");
        string missing = Space();
        Reply refused = all.Post(Multi, $"[{Check(a, "u", 10)},{Check(missing, "u", 10)}]").Refused(ErrorCode.InsufficientPermissions);
        Assert.Contains("create_namespace", refused.Detail);
        Client.Post("ratelimit.listOverrides", $$"""{"namespace":"{{missing}}"}""").Refused("unkey/data/ratelimit_namespace_not_found");
        JsonElement untouched = Client.Post(Multi, $"[{Check(a, "u", 10)},{Check(b, "u", 10)}]").Data.GetProperty("limits");
        Assert.Equal([8L, 8L], untouched.EnumerateArray().Select(static limit => limit.Number("remaining")));
    }

    [Fact]
    public void ANamespaceOfAnotherWorkspaceIsAnother()
    {
        string space = Space();
        Assert.Equal(9, Client.Post(Limit, Check(space, "u", 10)).Data.Number("remaining"));
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        using ApiClient powerless = stranger.WithPermissions("api.*.read_api");
        powerless.Post(Limit, Check(space, "u", 10)).Refused(ErrorCode.InsufficientPermissions);
        Assert.Equal(9, stranger.Post(Limit, Check(space, "u", 10)).Data.Number("remaining"));
        Assert.Equal(8, Client.Post(Limit, Check(space, "u", 10)).Data.Number("remaining"));
    }

    private static string Space() => "ns_" + Scene.Unique();

    private static string Check(string space, string identifier, long limit, long? cost = null) =>
        $$"""{"namespace":"{{space}}","identifier":"{{identifier}}","limit":{{limit}},"duration":600000{{(cost is null ? "" : $",\"cost\":{cost}")}}}""";

    // Entries about namespaces that a request has made.
    private JsonElement[] Created(Reply reply) =>
    [
        .. Client.Post("audit.listEvents", """{"limit":100,"event":"ratelimitNamespace.create"}""").Data.EnumerateArray()
            .Where(e => e.Text("requestId") == reply.RequestId),
    ];

    private string SetOverride(string space, string identifier, long limit) => Client.Post(
        "ratelimit.setOverride", $$"""{"namespace":"{{space}}","identifier":"{{identifier}}","limit":{{limit}},"duration":600000}""").Data.Text("overrideId");
}
