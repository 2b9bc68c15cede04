using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>ratelimit.limit and ratelimit.multiLimit, grouped by status.</summary>
public sealed class RatelimitTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string Limit = "ratelimit.limit";
    private const string Multi = "ratelimit.multiLimit";

    [Fact]
    public void Limited200CountsDownThenRefusesWithin200()
    {
        string space = "ns_" + Scene.Unique();
        for (long remaining = 2; remaining >= 0; remaining--)
        {
            JsonElement data = Client.Post(Limit, Check(space, "u", 3)).Data;
            Assert.True(data.GetProperty("success").GetBoolean());
            Assert.Equal((3, remaining), (data.GetProperty("limit").GetInt64(), data.GetProperty("remaining").GetInt64()));
            Assert.False(data.TryGetProperty("overrideId", out _));
        }

        JsonElement denied = Client.Post(Limit, Check(space, "u", 3)).Data;
        Assert.False(denied.GetProperty("success").GetBoolean());
        Assert.Equal(0, denied.GetProperty("remaining").GetInt64());
        Assert.True(denied.GetProperty("reset").GetInt64() > 0);
        Assert.True(Client.Post(Limit, Check(space, "somebody else", 3)).Data.GetProperty("success").GetBoolean());
    }

    [Fact]
    public void Limited200CostIsTakenAndZeroOnlyLooks()
    {
        string space = "ns_" + Scene.Unique();
        Assert.Equal(95, Remaining(Client.Post(Limit, Check(space, "u", 100, ",\"cost\":5"))));
        Assert.Equal(95, Remaining(Client.Post(Limit, Check(space, "u", 100, ",\"cost\":0"))));
        Assert.False(Client.Post(Limit, Check(space, "u", 100, ",\"cost\":96")).Data.GetProperty("success").GetBoolean());
        Assert.Equal(0, Remaining(Client.Post(Limit, Check(space, "u", 100, ",\"cost\":95"))));
    }

    [Theory]
    [InlineData("a")]
    [InlineData(" blanks inside and around ")]
    [InlineData("\u00fcml\u00e4ut \ud83d\ude00")]
    [InlineData("tab\\tand\\u0001control")]
    [InlineData("a:b/c")]
    public void Limited200ANamespaceMayHaveAnyName(string name)
    {
        string space = name + Scene.Unique();
        Assert.Equal(9, Remaining(Client.Post(Limit, Check(space, "u", 10))));
        Assert.Equal(8, Remaining(Client.Post(Limit, Check(space, "u", 10))));
    }

    [Fact]
    public void Limited200OverridesReplaceLimitAndDuration()
    {
        string space = "ns_" + Scene.Unique();
        Client.Post(Limit, Check(space, "u", 10));
        string exact = SetOverride(space, "vip", 200);
        string pattern = SetOverride(space, "*@x", 3);
        JsonElement vip = Client.Post(Limit, Check(space, "vip", 10)).Data;
        Assert.Equal((200, 199, exact), (vip.GetProperty("limit").GetInt64(), vip.GetProperty("remaining").GetInt64(), vip.GetProperty("overrideId").GetString()));
        for (int i = 0; i < 4; i++)
        {
            JsonElement data = Client.Post(Limit, Check(space, "a@x", 10)).Data;
            Assert.Equal((3, pattern, i < 3), (data.GetProperty("limit").GetInt64(), data.GetProperty("overrideId").GetString(), data.GetProperty("success").GetBoolean()));
        }

        SetOverride(space, "blocked", 0);
        Assert.False(Client.Post(Limit, Check(space, "blocked", 10)).Data.GetProperty("success").GetBoolean());
        Client.Post("ratelimit.deleteOverride", $$"""{"namespace":"{{space}}","identifier":"vip"}""");
        Assert.Equal(10, Client.Post(Limit, Check(space, "vip", 10)).Data.GetProperty("limit").GetInt64());
    }

    [Fact]
    public async Task Limited200ExactlyTheLimitPassesUnderConcurrency()
    {
        string space = "ns_" + Scene.Unique();
        using ApiClient limiting = Client.WithPermissions("ratelimit.*.limit", "ratelimit.*.create_namespace");
        Reply[] replies = await Race.RunAsync(limiting, 40, (client, _) => client.Post(Limit, Check(space, "u", 15)));
        Assert.Equal(15, replies.Count(static r => r.Data.GetProperty("success").GetBoolean()));
    }

    [Fact]
    public void Limited403WithoutTheRightToCreateOrToLimit()
    {
        string space = "ns_" + Scene.Unique();
        using ApiClient limited = Client.WithPermissions("ratelimit.*.limit");
        Assert.Contains("create_namespace", limited.Post(Limit, Check(space, "u", 1)).Refused(ErrorCode.InsufficientPermissions).Detail);
        Assert.Equal(404, Client.Post("ratelimit.listOverrides", $$"""{"namespace":"{{space}}"}""").Status);
        Client.Post(Limit, Check(space, "u", 1));
        Assert.Equal(200, limited.Post(Limit, Check(space, "v", 1)).Status);
        using ApiClient none = Client.WithPermissions("api.*.read_api");
        none.Post(Limit, Check(space, "u", 1)).Refused(ErrorCode.InsufficientPermissions);
        none.Post(Multi, $"[{Check(space, "u", 1)}]").Refused(ErrorCode.InsufficientPermissions);
    }

    [Fact]
    public void Batch200IsAllOrNothing()
    {
        string a = "ns_" + Scene.Unique();
        string b = "ns_" + Scene.Unique();
        JsonElement first = Client.Post(Multi, $"[{Check(a, "u", 100)},{Check(b, "u", 1)},{Check(a, "v", 50, ",\"cost\":3")}]").Data;
        Assert.True(first.GetProperty("passed").GetBoolean());
        Assert.Equal([99, 0, 47], first.GetProperty("limits").EnumerateArray().Select(static l => l.GetProperty("remaining").GetInt64()));
        Assert.Equal(a, first.GetProperty("limits")[0].GetProperty("namespace").GetString());
        JsonElement second = Client.Post(Multi, $"[{Check(a, "u", 100)},{Check(b, "u", 1)}]").Data;
        Assert.False(second.GetProperty("passed").GetBoolean());
        Assert.Equal([true, false], second.GetProperty("limits").EnumerateArray().Select(static l => l.GetProperty("passed").GetBoolean()));
        Assert.Equal(98, Remaining(Client.Post(Limit, Check(a, "u", 100))));
    }

    [Theory]
    [InlineData(Limit, """{"namespace":"n","identifier":"i","limit":0,"duration":1000}""", "/properties/limit/minimum")]
    [InlineData(Limit, """{"namespace":"n","identifier":"i","limit":1,"duration":999}""", "/properties/duration/minimum")]
    [InlineData(Limit, """{"namespace":"n","identifier":"i","limit":1,"duration":1000,"cost":-5}""", "/properties/cost/minimum")]
    [InlineData(Limit, """{"namespace":"","identifier":"i","limit":1,"duration":1000}""", "/properties/namespace/minLength")]
    [InlineData(Limit, """{"identifier":"i","limit":1,"duration":1000}""", "/required")]
    [InlineData(Multi, """[{"namespace":"n","identifier":"i","limit":1,"duration":1000,"cost":-1}]""", "/items/properties/cost/minimum")]
    [InlineData(Multi, "[]", "/minItems")]
    public void Refused400NamesTheMember(string operation, string body, string location) => Client.Post(operation, body).RefusedBySchema(operation, location);

    private static long Remaining(Reply reply) => reply.Data.GetProperty("remaining").GetInt64();

    private static string Check(string space, string identifier, long limit, string more = "") =>
        $$"""{"namespace":"{{space}}","identifier":"{{identifier}}","limit":{{limit}},"duration":600000{{more}}}""";

    private string SetOverride(string space, string identifier, long limit) => Client
        .Post("ratelimit.setOverride", $$"""{"namespace":"{{space}}","identifier":"{{identifier}}","limit":{{limit}},"duration":600000}""")
        .Data.GetProperty("overrideId").GetString()!;
}
