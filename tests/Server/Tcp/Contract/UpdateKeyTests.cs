using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>keys.updateKey, grouped by status.</summary>
public sealed class UpdateKeyTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string Monthly = """{"interval":"monthly","amount":9,"refillDay":3}""";

    [Theory]
    [InlineData("name", "\"first\"", "\"second\"")]
    [InlineData("meta", """{"a":1}""", """{"b":[2]}""")]
    [InlineData("expires", "1893456000000", "1893456000001")]
    public void Updated200AbsentKeepsNullClearsValueSets(string member, string first, string second)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"{member}\":{first}");
        Update(key, "\"enabled\":true");
        Assert.Equal(first, Member(key, member));
        Update(key, $"\"{member}\":null");
        Assert.Null(Member(key, member));
        Update(key, $"\"{member}\":{second}");
        Assert.Equal(second, Member(key, member));
        Assert.Equal(second, Client.Verify(key.Key).Data.GetProperty(member).GetRawText());
    }

    [Fact]
    public void Updated200ExternalIdIsKeptClearedAndSet()
    {
        string[] users = ["user." + Scene.Unique(), "user." + Scene.Unique()];
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"externalId\":\"{users[0]}\"");
        Update(key, "\"name\":\"x\"");
        Assert.Equal(users[0], Client.GetKey(key.KeyId).GetProperty("identity").GetProperty("externalId").GetString());
        Update(key, "\"externalId\":null");
        Assert.Null(Member(key, "identity"));
        Assert.Equal(200, Client.Post("identities.getIdentity", $$"""{"identity":"{{users[0]}}"}""").Status);
        Update(key, $"\"externalId\":\"{users[1]}\"");
        Assert.Equal(users[1], Client.Verify(key.Key).Data.GetProperty("identity").GetProperty("externalId").GetString());
    }

    [Theory]
    [InlineData("\"name\":\"x\"", 100, Monthly)]
    [InlineData("\"credits\":{}", 100, Monthly)]
    [InlineData("\"credits\":null", null, null)]
    [InlineData("\"credits\":{\"remaining\":null}", null, null)]
    [InlineData("\"credits\":{\"remaining\":7}", 7, Monthly)]
    [InlineData("\"credits\":{\"refill\":null}", 100, null)]
    [InlineData("\"credits\":{\"refill\":{\"interval\":\"daily\",\"amount\":250}}", 100, """{"interval":"daily","amount":250}""")]
    [InlineData("\"credits\":{\"remaining\":0,\"refill\":{\"interval\":\"daily\",\"amount\":1}}", 0, """{"interval":"daily","amount":1}""")]
    public void Updated200CreditsMatrix(string members, int? remaining, string? refill)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"credits\":{{\"remaining\":100,\"refill\":{Monthly}}}");
        Update(key, members);
        JsonElement stored = Client.GetKey(key.KeyId);
        Assert.Equal(remaining is not null, stored.TryGetProperty("credits", out JsonElement credits));
        if (remaining is not null)
        {
            Assert.Equal(remaining, credits.GetProperty("remaining").GetInt32());
            Assert.Equal(refill, credits.TryGetProperty("refill", out JsonElement stored2) ? stored2.GetRawText() : null);
        }

        Assert.Equal(remaining is not null, Client.Verify(key.Key, "\"credits\":{\"cost\":0}").Data.TryGetProperty("credits", out _));
    }

    [Fact]
    public void Updated200TheNextVerificationSeesTheNewBalance()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":100}");
        Assert.Equal(99, Client.Verify(key.Key).Data.GetProperty("credits").GetInt64());
        Update(key, "\"credits\":{\"remaining\":50}");
        Assert.Equal(49, Client.Verify(key.Key).Data.GetProperty("credits").GetInt64());
    }

    [Fact]
    public void Updated200OtherMembersLeaveTheLiveBalanceAlone()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":100}");
        Client.Verify(key.Key, "\"credits\":{\"cost\":30}");
        Update(key, "\"name\":\"renamed\"");
        Assert.Equal(69, Client.Verify(key.Key).Data.GetProperty("credits").GetInt64());
    }

    [Fact]
    public void Updated200ALimitOfTheSameNameKeepsItsId()
    {
        CreatedKey key = Client.CreateKey(
            Scene.ApiId,
            """
            "ratelimits":[{"name":"requests","limit":5,"duration":60000,"autoApply":false},{"name":"gone","limit":5,"duration":60000,"autoApply":false}]
            """);
        JsonElement before = Limit(key, "requests");
        Update(key, "\"ratelimits\":[{\"name\":\"requests\",\"limit\":10,\"duration\":30000,\"autoApply\":true}]");
        JsonElement after = Assert.Single(Client.GetKey(key.KeyId).GetProperty("ratelimits").EnumerateArray());
        Assert.Equal(before.GetProperty("id").GetString(), after.GetProperty("id").GetString());
        Assert.Equal((10, 30000, true), (after.GetProperty("limit").GetInt32(), after.GetProperty("duration").GetInt32(), after.GetProperty("autoApply").GetBoolean()));
        Update(key, "\"ratelimits\":[]");
        Assert.Null(Member(key, "ratelimits"));
    }

    [Fact]
    public void Updated200PermissionsAreReplacedClearedOrLeftAlone()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"permissions\":[\"a.a\",\"b.b\"]");
        Update(key, "\"enabled\":true");
        Assert.Equal("VALID", Client.Verify(key.Key, "\"permissions\":\"a.a AND b.b\"").Code);
        Update(key, "\"permissions\":[\"b.b\",\"new.one\"]");
        Assert.Equal("INSUFFICIENT_PERMISSIONS", Client.Verify(key.Key, "\"permissions\":\"a.a\"").Code);
        Assert.Equal("VALID", Client.Verify(key.Key, "\"permissions\":\"b.b AND new.one\"").Code);
        Update(key, "\"permissions\":[]");
        Assert.Null(Member(key, "permissions"));
        Assert.Equal("INSUFFICIENT_PERMISSIONS", Client.Verify(key.Key, "\"permissions\":\"b.b\"").Code);
    }

    [Fact]
    public void Updated200EverythingAtOnceAndEverythingToNothingAtOnce()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        string user = "user." + Scene.Unique();
        Update(
            key,
            $$"""
            "name":"n","externalId":"{{user}}","meta":{"m":1},"expires":1893456000000,"credits":{"remaining":5,"refill":{{Monthly}}},
            "ratelimits":[{"name":"requests","limit":5,"duration":60000,"autoApply":false}],"enabled":false,"roles":[],"permissions":["p.p"]
            """);
        JsonElement full = Client.GetKey(key.KeyId);
        Assert.Equal(
            ["createdAt", "credits", "enabled", "expires", "identity", "keyId", "meta", "name", "permissions", "ratelimits", "start", "updatedAt"],
            full.EnumerateObject().Select(member => member.Name).Order());
        Update(
            key,
            """
            "name":null,"externalId":null,"meta":null,"expires":null,"credits":null,"ratelimits":[],"enabled":true,"roles":[],"permissions":[]
            """);
        Assert.Equal(
            ["createdAt", "enabled", "keyId", "start", "updatedAt"], Client.GetKey(key.KeyId).EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal("VALID", Client.Verify(key.Key).Code);
    }

    [Fact]
    public void Updated200UpdatedAtAppearsWithTheFirstUpdate()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        Assert.Null(Member(key, "updatedAt"));
        Update(key, "\"name\":\"x\"");
        JsonElement stored = Client.GetKey(key.KeyId);
        Assert.True(stored.GetProperty("updatedAt").GetInt64() >= stored.GetProperty("createdAt").GetInt64());
    }

    [Fact]
    public void Updated200DisablingAndEnablingIsSeenAtOnce()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        for (int i = 0; i < 20; i++)
        {
            Update(key, "\"enabled\":false");
            Assert.Equal("DISABLED", Client.Verify(key.Key).Code);
            Update(key, "\"enabled\":true");
            Assert.Equal("VALID", Client.Verify(key.Key).Code);
        }
    }

    [Fact]
    public async Task Updated200TenKeysAtOnceWithANewExternalIdGetOneIdentity()
    {
        string user = "user." + Scene.Unique();
        CreatedKey[] keys = [.. Enumerable.Range(0, 10).Select(_ => Client.CreateKey(Scene.ApiId))];
        await Race.RunAsync(Client, keys.Length, (client, i) => Update(client, keys[i], $"\"externalId\":\"{user}\""));
        Assert.Single(keys.Select(key => Client.GetKey(key.KeyId).GetProperty("identity").GetProperty("id").GetString()).Distinct());
    }

    [Fact]
    public async Task Updated200ConcurrentLimitUpdatesOfOneKeyAllSucceed()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        await Race.RunAsync(Client, 16, (client, i) => Update(
            client, key, $$"""
            "ratelimits":[{"name":"requests","limit":{{i + 1}},"duration":60000,"autoApply":false},{"name":"only{{i}}","limit":1,"duration":1000,"autoApply":false}]
            """));
        Assert.Equal(2, Client.GetKey(key.KeyId).GetProperty("ratelimits").GetArrayLength());
    }

    [Fact]
    public void Refused400DailyRefillWithADayAndMonthlyWithout()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":5}");
        Reply daily = Send(Client, key, "\"name\":\"x\",\"credits\":{\"refill\":{\"interval\":\"daily\",\"amount\":1,\"refillDay\":4}}");
        Assert.Empty(daily.Refused(ErrorCode.InvalidInput).ErrorLocations);
        Reply monthly = Send(Client, key, "\"name\":\"x\",\"credits\":{\"refill\":{\"interval\":\"monthly\",\"amount\":1}}");
        Assert.Contains("refillDay", monthly.Refused(ErrorCode.InvalidInput).Detail);
        Assert.Null(Member(key, "name"));
        Assert.Equal("""{"remaining":5}""", Member(key, "credits"));
    }

    [Fact]
    public void Refused404WhenUnknownDeletedOrForeign()
    {
        CreatedKey deleted = Client.CreateKey(Scene.ApiId);
        Client.Post("keys.deleteKey", $$"""{"keyId":"{{deleted.KeyId}}"}""");
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Client.Post("keys.updateKey", """{"keyId":"key_unknown1","name":"x"}""").Refused(ErrorCode.KeyNotFound);
        Send(Client, deleted, "\"name\":\"x\"").Refused(ErrorCode.KeyNotFound);
        Send(stranger, Scene.Key, "\"name\":\"x\"").Refused(ErrorCode.KeyNotFound);
    }

    [Fact]
    public void Refused404AnUnknownRoleChangesNothing()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"name\":\"before\"");
        Assert.Contains("No Such Role", Send(Client, key, "\"name\":\"after\",\"roles\":[\"No Such Role\"]").Refused(ErrorCode.RoleNotFound).Detail);
        Assert.Equal("\"before\"", Member(key, "name"));
    }

    [Fact]
    public void Updated200Or403ByPermission()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        string otherApi = Client.CreateApi();
        foreach (string permission in new[] { "api.*.update_key", $"api.{Scene.ApiId}.update_key", Scene.Urn("**", "*"), Scene.Urn("keyspaces/*/keys/*", "update_key") })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Update(caller, key, "\"name\":\"allowed\"");
        }

        foreach (string permission in new[] { "api.*.create_key", $"api.{otherApi}.update_key", "identity.*.update_identity", Scene.Urn("keyspaces/*", "update_key") })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            string detail = Send(caller, key, "\"name\":\"denied\"").Refused(ErrorCode.InsufficientPermissions).Detail;
            Assert.StartsWith("Missing one of these permissions: ", detail);
        }

        Assert.Equal("\"allowed\"", Member(key, "name"));
    }

    private void Update(CreatedKey key, string members) => Update(Client, key, members);

    private static Reply Update(ApiClient client, CreatedKey key, string members)
    {
        Reply reply = Send(client, key, members);
        Assert.Empty(reply.Data.EnumerateObject());
        return reply;
    }

    private static Reply Send(ApiClient client, CreatedKey key, string members) =>
        client.Post("keys.updateKey", $$"""{"keyId":"{{key.KeyId}}",{{members}}}""");

    private string? Member(CreatedKey key, string member) =>
        Client.GetKey(key.KeyId).TryGetProperty(member, out JsonElement value) ? value.GetRawText() : null;

    private JsonElement Limit(CreatedKey key, string name) => Client.GetKey(key.KeyId).GetProperty("ratelimits").EnumerateArray()
        .Single(limit => limit.GetProperty("name").GetString() == name);
}
