using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>keys.verifyKey: outcomes, their order, credits and tags, grouped by outcome code.</summary>
public sealed class VerifyKeyTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string NotFound = """{"valid":false,"code":"NOT_FOUND"}""";

    [Fact]
    public void Valid_APlainKey()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        Reply reply = Client.Verify(key.Key);
        Assert.Equal($$"""{"valid":true,"code":"VALID","keyId":"{{key.KeyId}}","enabled":true}""", reply.Data.GetRawText());
    }

    [Fact]
    public void Valid_ShowsEverythingTheKeyHas()
    {
        string user = "user." + Scene.Unique();
        string identityId = Client.Post("identities.createIdentity", $$$"""{"externalId":"{{{user}}}","meta":{"plan":"pro"}}""")
            .Data.GetProperty("identityId").GetString()!;
        CreatedKey key = Client.CreateKey(
            Scene.ApiId, $$"""
            "name":"full \"quoted\"","externalId":"{{user}}","meta":{"a":1},"expires":4102444800000,"permissions":["a.a","b.b"],"credits":{"remaining":5}
            """);
        JsonElement data = Client.Verify(key.Key).Data;
        Assert.Equal(
            ["code", "credits", "enabled", "expires", "identity", "keyId", "meta", "name", "permissions", "valid"],
            data.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal("full \"quoted\"", data.GetProperty("name").GetString());
        Assert.Equal(4102444800000, data.GetProperty("expires").GetInt64());
        Assert.Equal(["a.a", "b.b"], data.GetProperty("permissions").EnumerateArray().Select(slug => slug.GetString()).Order());
        Assert.True(JsonElement.DeepEquals(
            JsonDocument.Parse($$$"""{"id":"{{{identityId}}}","externalId":"{{{user}}}","meta":{"plan":"pro"}}""").RootElement, data.GetProperty("identity")));
    }

    [Fact]
    public void Valid_KeysAreComparedVerbatim()
    {
        foreach (string almost in new[] { Scene.Key.Key + " ", " " + Scene.Key.Key, Scene.Key.Key[..^1], Scene.Key.Key + "\u0000", Scene.Key.Key.ToUpperInvariant() + "x" })
        {
            Assert.Equal(NotFound, Client.Verify(almost).Data.GetRawText());
        }

        string escaped = string.Concat(Scene.Key.Key.Select(c => $"\\u{(int)c:x4}"));
        Assert.Equal("VALID", Client.Post("keys.verifyKey", $$"""{"key":"{{escaped}}"}""").Code);
    }

    [Fact]
    public void Expired_WhenTheTimeHasCome()
    {
        long expires = System.DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 3000;
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"expires\":{expires}");
        Assert.Equal("VALID", Client.Verify(key.Key).Code);
        Poll.Until(() => Client.Verify(key.Key).Code == "EXPIRED", "the key expires");
        JsonElement data = Client.Verify(key.Key).Data;
        Assert.False(data.GetProperty("valid").GetBoolean());
        Assert.Equal(expires, data.GetProperty("expires").GetInt64());
        Assert.True(data.GetProperty("enabled").GetBoolean());
    }

    [Fact]
    public void Disabled_ShowsTheKeyAndConsumesNothing()
    {
        CreatedKey key = Client.CreateKey(
            Scene.ApiId,
            """
            "enabled":false,"expires":1000,"credits":{"remaining":5},
            "ratelimits":[{"name":"requests","limit":1,"duration":600000,"autoApply":true}]
            """);
        for (int i = 0; i < 3; i++)
        {
            JsonElement data = Client.Verify(key.Key, "\"ratelimits\":[{\"name\":\"no such limit\"}]").Data;
            Assert.Equal("DISABLED", data.GetProperty("code").GetString());
            Assert.False(data.GetProperty("enabled").GetBoolean());
            Assert.Equal(key.KeyId, data.GetProperty("keyId").GetString());
            Assert.Equal(5, data.GetProperty("credits").GetInt64());
            Assert.False(data.TryGetProperty("ratelimits", out _));
        }

        Client.Post("keys.updateKey", $$"""{"keyId":"{{key.KeyId}}","enabled":true,"expires":null}""");
        Assert.Equal("VALID", Client.Verify(key.Key).Code);
    }

    [Fact]
    public void NotFound_UnknownDeletedForeignAndHiddenKeysLookTheSame()
    {
        CreatedKey deleted = Client.CreateKey(Scene.ApiId);
        Client.Post("keys.deleteKey", $$"""{"keyId":"{{deleted.KeyId}}"}""");
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        using ApiClient otherApi = Client.WithPermissions($"api.{Client.CreateApi()}.verify_key");
        using ApiClient reader = Client.WithPermissions("api.*.read_key");
        Reply[] replies =
        [
            Client.Verify("unknown"), Client.Verify(deleted.Key), stranger.Verify(Scene.Key.Key), otherApi.Verify(Scene.Key.Key), reader.Verify(Scene.Key.Key),
        ];
        Assert.All(replies, reply => Assert.Equal(NotFound, reply.Data.GetRawText()));
        Assert.Single(replies.Select(reply => string.Join('\n', reply.Http.Fields.Where(field => field.Key != "Date").Select(field => field.Key + field.Value))).Distinct());
    }

    [Fact]
    public void NotFound_WinsOverABadQueryAndAnUnknownLimit()
    {
        using ApiClient reader = Client.WithPermissions("api.*.read_key");
        foreach (Reply reply in new[] { Client.Verify("unknown", Members), reader.Verify(Scene.Key.Key, Members) })
        {
            Assert.Equal(NotFound, reply.Data.GetRawText());
        }
    }

    private const string Members = "\"permissions\":\"a AND\",\"ratelimits\":[{\"name\":\"no such limit\"}]";

    [Fact]
    public void BadQuery_WinsOverADisabledKeyAndAnUnknownLimit()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"enabled\":false");
        Client.Verify(key.Key, Members).Refused(ErrorCode.QuerySyntax);
        Assert.Equal("DISABLED", Client.Verify(key.Key, "\"permissions\":\"a\"").Code);
    }

    [Fact]
    public void Insufficient_ConsumesNothing()
    {
        CreatedKey key = Client.CreateKey(
            Scene.ApiId, "\"credits\":{\"remaining\":2},\"ratelimits\":[{\"name\":\"requests\",\"limit\":2,\"duration\":600000,\"autoApply\":true}]");
        for (int i = 0; i < 5; i++)
        {
            JsonElement data = Client.Verify(key.Key, "\"permissions\":\"not.mine\"").Data;
            Assert.Equal("INSUFFICIENT_PERMISSIONS", data.GetProperty("code").GetString());
            Assert.Equal(2, data.GetProperty("credits").GetInt64());
            Assert.False(data.TryGetProperty("ratelimits", out _));
        }

        Assert.Equal("VALID", Client.Verify(key.Key).Code);
        Assert.Equal("VALID", Client.Verify(key.Key).Code);
    }

    [Theory]
    [InlineData(5, "", "VALID", 4)]
    [InlineData(0, "", "USAGE_EXCEEDED", 0)]
    [InlineData(5, "5", "VALID", 0)]
    [InlineData(5, "15", "USAGE_EXCEEDED", 5)]
    [InlineData(0, "0", "VALID", 0)]
    [InlineData(1, "1000000000000", "USAGE_EXCEEDED", 1)]
    public void Usage_Table(long balance, string cost, string code, long left)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"credits\":{{\"remaining\":{balance}}}");
        Reply reply = Client.Verify(key.Key, cost.Length == 0 ? "" : $"\"credits\":{{\"cost\":{cost}}}");
        Assert.Equal(code, reply.Code);
        Assert.Equal(left, reply.Data.GetProperty("credits").GetInt64());
    }

    [Fact]
    public void Usage_TenCreditsAreTenVerifications()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":10}");
        for (int left = 9; left >= 0; left--)
        {
            Reply reply = Client.Verify(key.Key);
            Assert.Equal(("VALID", left), (reply.Code, reply.Data.GetProperty("credits").GetInt32()));
        }

        Reply last = Client.Verify(key.Key);
        Assert.Equal(("USAGE_EXCEEDED", 0), (last.Code, last.Data.GetProperty("credits").GetInt32()));
    }

    [Fact]
    public void Usage_TheLargestBalanceCountsDown()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":9223372036854775807}");
        Assert.Equal(9223372036854775806, Client.Verify(key.Key).Data.GetProperty("credits").GetInt64());
    }

    [Theory]
    [InlineData(25, 5, 10, 5)]
    [InlineData(100, 3, 60, 33)]
    [InlineData(7, 1, 40, 7)]
    public async Task Usage_ParallelCallsNeverSpendMoreThanThereIs(int balance, int cost, int calls, int successes)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"credits\":{{\"remaining\":{balance}}}");
        string[] codes = await Race.RunAsync(Client, calls, (client, _) => client.Verify(key.Key, $"\"credits\":{{\"cost\":{cost}}}").Code);
        Assert.Equal(successes, codes.Count(code => code == "VALID"));
        Assert.Equal(calls - successes, codes.Count(code => code == "USAGE_EXCEEDED"));
        Assert.Equal(balance - (successes * cost), Client.Verify(key.Key, "\"credits\":{\"cost\":0}").Data.GetProperty("credits").GetInt32());
    }

    [Fact]
    public void Usage_TokensAreTakenBeforeCreditsAndStayTaken()
    {
        CreatedKey key = Client.CreateKey(
            Scene.ApiId, "\"credits\":{\"remaining\":0},\"ratelimits\":[{\"name\":\"requests\",\"limit\":2,\"duration\":86400000,\"autoApply\":true}]");
        Assert.Equal(["USAGE_EXCEEDED", "USAGE_EXCEEDED", "RATE_LIMITED"], Enumerable.Range(0, 3).Select(_ => Client.Verify(key.Key).Code));
    }

    [Theory]
    [InlineData("""["special !@#$%^&*()_+-=[]{}|;':,./<>?"]""")]
    [InlineData("""["\ud83d\ude80 emoji","  blanks  ","\"quoted\\\"","line\nbreak"]""")]
    [InlineData("[]")]
    public void Valid_TagsOfAnyCharacters(string tags) => Assert.Equal("VALID", Client.Verify(Scene.Key.Key, $"\"tags\":{tags}").Code);

    [Fact]
    public void Valid_TwentyTagsAndNotOneMore()
    {
        IEnumerable<string> tags = Enumerable.Range(0, 21).Select(i => $"\"tag={i}\"");
        Assert.Equal("VALID", Client.Verify(Scene.Key.Key, $"\"tags\":[{string.Join(',', tags.Take(20))}]").Code);
        Client.Verify(Scene.Key.Key, $"\"tags\":[{string.Join(',', tags)}]").RefusedBySchema("keys.verifyKey", "/properties/tags/maxItems");
    }

    [Fact]
    public void Valid_MembersInAnyOrderAndWithBlanks()
    {
        string key = Scene.Key.Key;
        foreach (string body in new[]
        {
            $$"""{"tags":["a"],"credits":{"cost":1},"key":"{{key}}"}""",
            $$"""{ "ratelimits" : [ ] , "migrationId" : "m" , "key" : "{{key}}" }""",
            $"\r\n\t {{\"key\":\r\n\"{key}\"\t}}\r\n ",
        })
        {
            Assert.Equal("VALID", Client.Post("keys.verifyKey", body).Code);
        }
    }

    [Fact]
    public void NotFound_AnUnknownMigrationIsIgnored()
    {
        Assert.Equal("VALID", Client.Verify(Scene.Key.Key, "\"migrationId\":\"none\"").Code);
        Assert.Equal(NotFound, Client.Verify("re_short_long", "\"migrationId\":\"none\"").Data.GetRawText());
    }

    [Fact]
    public void Valid_ByEachPermissionThatAllowsIt()
    {
        string path = $"keyspaces/{Scene.KeyspaceId}/keys/{Scene.Key.KeyId}";
        string[] allowed =
        [
            "api.*.verify_key", $"api.{Scene.ApiId}.verify_key", Scene.Urn(path, "verify_key"), Scene.Urn("keyspaces/*/keys/*", "verify_key"),
            Scene.Urn($"keyspaces/{Scene.KeyspaceId}/**", "verify_key"), Scene.Urn("**", "verify_key"), Scene.Urn("**", "*"),
        ];
        foreach (string permission in allowed)
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Assert.True(caller.Verify(Scene.Key.Key).Code == "VALID", permission);
        }

        string[] denied =
        [
            $"api.{Scene.KeyspaceId}.verify_key", Scene.Urn($"keyspaces/{Scene.KeyspaceId}", "verify_key"), Scene.Urn("keyspaces/*", "verify_key"),
            Scene.Urn("*", "verify_key"), Scene.Urn(path, "read_key"), Scene.Urn("keyspaces/ks_other/keys/*", "verify_key"), Scene.Urn("keyspaces/*/keys/key_other", "verify_key"),
        ];
        foreach (string permission in denied)
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Assert.True(caller.Verify(Scene.Key.Key).Code == "NOT_FOUND", permission);
        }
    }
}
