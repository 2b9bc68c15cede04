using System;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.V1;

/// <summary>v1's ratelimits.*.</summary>
public sealed class V1LimitTests(V1Fixture fixture) : V1TcpTests(fixture)
{
    private const string Limit = "ratelimits.limit";

    [Fact]
    public void Limit_CountsDownThenDenies()
    {
        string space = "ns_" + Scene.Unique();
        for (long remaining = 2; remaining >= 0; remaining--)
        {
            JsonElement result = Client.Post(Limit, Check("u", 3, space)).Result;
            Assert.Equal(["success", "limit", "remaining", "reset"], result.EnumerateObject().Select(member => member.Name));
            Assert.Equal((true, 3, remaining), (result.GetProperty("success").GetBoolean(), result.GetProperty("limit").GetInt64(), result.GetProperty("remaining").GetInt64()));
            Assert.InRange(result.GetProperty("reset").GetInt64(), Now() - 1_000, Now() + 601_000);
        }

        JsonElement denied = Client.Post(Limit, Check("u", 3, space)).Result;
        Assert.Equal((false, 0), (denied.GetProperty("success").GetBoolean(), denied.GetProperty("remaining").GetInt64()));
        Assert.True(Client.Post(Limit, Check("somebody else", 3, space)).Result.GetProperty("success").GetBoolean());
    }

    [Fact]
    public void Limit_CostAndMembersThatAreOnlyRecorded()
    {
        string space = "ns_" + Scene.Unique();
        Assert.Equal(6, Remaining(Client.Post(Limit, Check("u", 10, space, ",\"cost\":4,\"async\":true,\"meta\":{\"a\":1},\"resources\":[{\"type\":\"t\",\"id\":\"i\"}]"))));
        Assert.Equal(6, Remaining(Client.Post(Limit, Check("u", 10, space, ",\"cost\":0"))));

        // The counter is that of v2.
        JsonElement v2 = V2.Post("ratelimit.limit", $$"""{"namespace":"{{space}}","identifier":"u","limit":10,"duration":600000}""").Data;
        Assert.Equal(5, v2.GetProperty("remaining").GetInt64());
    }

    [Fact]
    public void Limit_TheNamespaceIsDefaultWhenThereIsNone()
    {
        V1Client client = new(Fixture.Bootstrap.CreateWorkspace().Client);
        Assert.Equal(1, Remaining(client.Post(Limit, Check("u", 2))));
        Assert.Equal(0, Remaining(client.Post(Limit, Check("u", 2, "default"))));
    }

    [Fact]
    public void Limit_AMissingNamespaceNeedsTheRightToMakeIt()
    {
        string space = "ns_" + Scene.Unique();
        V1Client caller = WithPermissions("ratelimit.*.limit");
        caller.Post(Limit, Check("u", 2, space)).Refused("NOT_FOUND", $"namespace {space} not found");
        Assert.Equal(1, Remaining(WithPermissions("ratelimit.*.limit", "ratelimit.*.create_namespace").Post(Limit, Check("u", 2, space))));
        Assert.Equal(0, Remaining(caller.Post(Limit, Check("u", 2, space))));
        Assert.Contains("ratelimit.*.limit", WithPermissions("ratelimit.*.create_namespace").Post(Limit, Check("u", 2, space)).Refused("INSUFFICIENT_PERMISSIONS").Message);
    }

    [Fact]
    public async Task Limit_ParallelFirstCallsShareOneNamespace()
    {
        string space = "ns_" + Scene.Unique();
        bool[] passed = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using ApiClient own = V2.Another();
                return new V1Client(own).Post(Limit, Check("u", 7, space)).Result.GetProperty("success").GetBoolean();
            },
            TaskCreationOptions.LongRunning)));
        Assert.Equal(7, passed.Count(success => success));
    }

    [Theory]
    [InlineData("""{"limit":1,"duration":1000}""", "identifier: is required")]
    [InlineData("""{"identifier":"i","limit":0,"duration":1000}""", "limit: minimum: got 0, want 1")]
    [InlineData("""{"identifier":"i","limit":1,"duration":999}""", "duration: minimum: got 999, want 1000")]
    [InlineData("""{"identifier":"i","limit":1,"duration":1000,"cost":-1}""", "cost: minimum: got -1, want 0")]
    [InlineData("""{"identifier":"","limit":1,"duration":1000}""", "identifier: minLength: got 0, want 1")]
    [InlineData("""{"identifier":"i","limit":1,"duration":1000,"namespace":5}""", "namespace: got number, want string")]
    [InlineData("""{"identifier":"i","limit":1.0,"duration":1000}""", "body: an integer must be written without fraction and exponent, and fit 64 bits")]
    public void Limit_Refused400(string body, string message) => Client.Post(Limit, body).Refused("BAD_REQUEST", message);

    [Fact]
    public void Overrides_TheExactIdentifierBeatsThePattern()
    {
        string space = "ns_" + Scene.Unique();
        Client.Post(Limit, Check("first", 2, space));
        string pattern = Set("vip_*", 7);
        string exact = Set("vip_1", 9);
        Assert.Equal((9, 7), (LimitOf("vip_1"), LimitOf("vip_2")));
        Assert.Equal($$"""{"id":"{{exact}}","identifier":"vip_1","limit":9,"duration":600000,"async":false}""", Get("vip_1").Http.Text);
        Assert.Equal(pattern, Get("vip_2").Result.GetProperty("id").GetString());
        Get("nobody").Refused("NOT_FOUND", "override nobody not found");
        JsonElement page = Client.Get("ratelimits.listOverrides", $"namespaceName={space}&limit=1").Result;
        Assert.Equal(2, page.GetProperty("total").GetInt32());
        JsonElement rest = Client.Get("ratelimits.listOverrides", $"namespaceName={space}&limit=1&cursor={page.GetProperty("cursor").GetString()}").Result;
        Assert.False(rest.TryGetProperty("cursor", out _));
        Assert.NotEqual(page.GetProperty("overrides")[0].GetRawText(), rest.GetProperty("overrides")[0].GetRawText());
        Assert.Equal("{}", Client.Post("ratelimits.deleteOverride", $$"""{"namespaceName":"{{space}}","identifier":"vip_1"}""").Http.Text);
        Assert.Equal(7, LimitOf("vip_1"));
        Client.Post("ratelimits.deleteOverride", $$"""{"namespaceName":"{{space}}","identifier":"vip_1"}""").Refused("NOT_FOUND", "override vip_1 not found");
        Client.Get("ratelimits.listOverrides", "namespaceId=rlns_none").Refused("NOT_FOUND", "namespace rlns_none not found");
        Client.Get("ratelimits.listOverrides").Refused("BAD_REQUEST", "namespaceId: is required, or namespaceName");
        Client.Post("ratelimits.setOverride", $$"""{"namespaceName":"{{space}}","identifier":"ab","limit":1,"duration":1000}""").Refused("BAD_REQUEST", "identifier: minLength: got 2, want 3");

        string Set(string identifier, long limit) => Client
            .Post("ratelimits.setOverride", $$"""{"namespaceName":"{{space}}","identifier":"{{identifier}}","limit":{{limit}},"duration":600000,"async":true}""")
            .Result.GetProperty("overrideId").GetString()!;

        V1Reply Get(string identifier) => Client.Get("ratelimits.getOverride", $"namespaceName={space}&identifier={identifier}");

        long LimitOf(string identifier) => Client.Post(Limit, Check(identifier, 2, space)).Result.GetProperty("limit").GetInt64();
    }

    private static long Remaining(V1Reply reply) => reply.Result.GetProperty("remaining").GetInt64();

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private static string Check(string identifier, long limit, string? space = null, string more = "") =>
        $$"""{{{(space is null ? "" : $"\"namespace\":\"{space}\",")}}"identifier":"{{identifier}}","limit":{{limit}},"duration":600000{{more}}}""";
}
