using System;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>keys.createKey, grouped by status.</summary>
public sealed class CreateKeyTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string Base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    [Fact]
    public void Created200WithNothingButAnApi()
    {
        JsonElement data = Client.Post("keys.createKey", $$"""{"apiId":"{{Scene.ApiId}}"}""").Data;
        Assert.Equal(["key", "keyId"], data.EnumerateObject().Select(member => member.Name).Order());
        string secret = data.GetProperty("key").GetString()!;
        string keyId = data.GetProperty("keyId").GetString()!;
        Server.AddSecret(secret);
        Assert.Matches("^key_[a-zA-Z0-9]{9}$", keyId);
        JsonElement key = Client.GetKey(keyId);
        Assert.Equal(["createdAt", "enabled", "keyId", "start"], key.EnumerateObject().Select(member => member.Name).Order());
        Assert.True(key.GetProperty("enabled").GetBoolean());
        Assert.Equal(secret[..4], key.GetProperty("start").GetString());
        Assert.InRange(
            DateTimeOffset.FromUnixTimeMilliseconds(key.GetProperty("createdAt").GetInt64()),
            DateTimeOffset.UtcNow.AddMinutes(-1),
            DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public void Created200TheRandomPartIsBase58OfSixteenBytes()
    {
        string[] secrets = [.. Enumerable.Range(0, 50).Select(_ => Client.CreateKey(Scene.ApiId).Key)];
        Assert.All(secrets, secret => Assert.InRange(secret.Length, 16, 22));
        Assert.All(secrets, secret => Assert.True(secret.All(Base58.Contains), "base58 was wanted"));
        Assert.Equal(secrets.Length, secrets.Distinct().Count());
    }

    [Theory]
    [InlineData(24, 30, 33)]
    [InlineData(64, 80, 88)]
    [InlineData(255, 330, 349)]
    public void Created200ByteLengthSetsTheLength(int byteLength, int shortest, int longest) =>
        Assert.InRange(Client.CreateKey(Scene.ApiId, $"\"byteLength\":{byteLength}").Key.Length, shortest, longest);

    [Fact]
    public void Created200PrefixNameAndPastExpiry()
    {
        CreatedKey created = Client.CreateKey(Scene.ApiId, "\"prefix\":\"test\",\"name\":\"Test Key\",\"byteLength\":24,\"expires\":1704067200000");
        Assert.StartsWith("test_", created.Key);
        JsonElement key = Client.GetKey(created.KeyId);
        Assert.Equal("Test Key", key.GetProperty("name").GetString());
        Assert.Equal(created.Key[..9], key.GetProperty("start").GetString());
        Assert.Equal(1704067200000, key.GetProperty("expires").GetInt64());
        Assert.Equal("EXPIRED", Client.Verify(created.Key).Code);
    }

    [Fact]
    public void Created200DisabledKeyIsDisabled()
    {
        CreatedKey created = Client.CreateKey(Scene.ApiId, "\"enabled\":false");
        Assert.False(Client.GetKey(created.KeyId).GetProperty("enabled").GetBoolean());
        Assert.Equal("DISABLED", Client.Verify(created.Key).Code);
    }

    [Fact]
    public void Created200EverySlugFormIsCreatedOnTheFlyWithoutRbacPermission()
    {
        using ApiClient creator = Client.WithPermissions("api.*.create_key");
        string[] slugs = ["documents.read", "documents.*", "2fa.read", "api:read", "with-dash_and_underscore", "*"];
        CreatedKey created = creator.CreateKey(Scene.ApiId, $"\"permissions\":{JsonSerializer.Serialize(slugs)}");
        Assert.Equal(slugs.Order(StringComparer.Ordinal), Strings(Client.GetKey(created.KeyId), "permissions").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Created200ARepeatedSlugIsAttachedOnce()
    {
        string slug = "new." + Scene.Unique();
        CreatedKey created = Client.CreateKey(Scene.ApiId, $"\"permissions\":[\"{slug}\",\"{slug}\"]");
        Assert.Equal([slug], Strings(Client.GetKey(created.KeyId), "permissions"));
    }

    [Fact]
    public void Created200ASlugInOtherLetterCaseIsTheSamePermission()
    {
        string unique = Scene.Unique();
        Client.CreateKey(Scene.ApiId, $"\"permissions\":[\"Documents.{unique}\"]");
        CreatedKey created = Client.CreateKey(Scene.ApiId, $"\"permissions\":[\"documents.{unique}\"]");
        Assert.Equal([$"Documents.{unique}"], Strings(Client.GetKey(created.KeyId), "permissions"));
    }

    [Fact]
    public void Created200OfLimitsWithOneNameTheLastWins()
    {
        CreatedKey created = Client.CreateKey(
            Scene.ApiId,
            """
            "ratelimits":[{"name":"requests","limit":1,"duration":1000,"autoApply":false},
                          {"name":"requests","limit":7,"duration":60000,"autoApply":true}]
            """);
        JsonElement limit = Assert.Single(Client.GetKey(created.KeyId).GetProperty("ratelimits").EnumerateArray());
        Assert.Equal(7, limit.GetProperty("limit").GetInt64());
        Assert.Equal(60000, limit.GetProperty("duration").GetInt64());
        Assert.True(limit.GetProperty("autoApply").GetBoolean());
    }

    [Fact]
    public void Created200RemainingNullIsUnlimited()
    {
        CreatedKey created = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":null}");
        Assert.False(Client.GetKey(created.KeyId).TryGetProperty("credits", out _));
        Reply verified = Client.Verify(created.Key, "\"credits\":{\"cost\":1000}");
        Assert.Equal("VALID", verified.Code);
        Assert.False(verified.Data.TryGetProperty("credits", out _));
    }

    [Fact]
    public void Created200RefillDayOfADailyRefillIsIgnored()
    {
        CreatedKey created = Client.CreateKey(
            Scene.ApiId, "\"credits\":{\"remaining\":5,\"refill\":{\"interval\":\"daily\",\"amount\":9,\"refillDay\":4}}");
        Assert.Equal(
            """{"remaining":5,"refill":{"interval":"daily","amount":9}}""", Client.GetKey(created.KeyId).GetProperty("credits").GetRawText());
    }

    [Fact]
    public void Created200TheSameExternalIdIsTheSameIdentity()
    {
        string externalId = "user." + Scene.Unique();
        CreatedKey[] keys = [.. Enumerable.Range(0, 2).Select(_ => Client.CreateKey(Scene.ApiId, $"\"externalId\":\"{externalId}\""))];
        string[] ids = [.. keys.Select(key => Client.GetKey(key.KeyId).GetProperty("identity").GetProperty("id").GetString()!)];
        Assert.Equal(ids[0], ids[1]);
        JsonElement identity = Client.Post("identities.getIdentity", $$"""{"identity":"{{externalId}}"}""").Data;
        Assert.Equal(ids[0], identity.GetProperty("id").GetString());
        Assert.False(identity.TryGetProperty("meta", out _));
    }

    [Fact]
    public async Task Created200TwentyAtOnceWithANewExternalIdMakeOneIdentity()
    {
        string externalId = "user." + Scene.Unique();
        string[] ids = await Race.RunAsync(Client, 20, (client, _) =>
        {
            CreatedKey key = client.CreateKey(Scene.ApiId, $"\"externalId\":\"{externalId}\"");
            return client.GetKey(key.KeyId).GetProperty("identity").GetProperty("id").GetString()!;
        });
        Assert.Single(ids.Distinct());
    }

    [Fact]
    public void Created200NestedMetadataComesBackUnchanged()
    {
        const string Meta = """
            {"plan":"pro","n":{"a":[1,2.5,-3e2,true,false,null,"x",{},[]],"":""},"\u00fcmlaut \"q\"":"\ud83d\ude00\u2028","big":9007199254740993}
            """;
        CreatedKey created = Client.CreateKey(Scene.ApiId, $"\"meta\":{Meta}");
        JsonElement wanted = JsonDocument.Parse(Meta).RootElement;
        Assert.True(JsonElement.DeepEquals(wanted, Client.GetKey(created.KeyId).GetProperty("meta")));
        Assert.True(JsonElement.DeepEquals(wanted, Client.Verify(created.Key).Data.GetProperty("meta")));
    }

    [Fact]
    public void Refused400ARefillNeedsABalance()
    {
        Reply reply = Create("\"credits\":{\"remaining\":null,\"refill\":{\"interval\":\"daily\",\"amount\":10}}").Refused(ErrorCode.InvalidInput);
        Assert.Contains("credits.remaining", reply.Detail);
        Assert.Empty(reply.ErrorLocations);
    }

    [Fact]
    public void Refused400AMonthlyRefillNeedsADay()
    {
        Reply reply = Create("\"credits\":{\"remaining\":5,\"refill\":{\"interval\":\"monthly\",\"amount\":10}}").Refused(ErrorCode.InvalidInput);
        Assert.Contains("refillDay", reply.Detail);
        Assert.Empty(reply.ErrorLocations);
    }

    [Theory]
    [InlineData("api")]
    [InlineData("api_unknown1")]
    public void Refused404AnUnknownApi(string apiId) =>
        Client.Post("keys.createKey", $$"""{"apiId":"{{apiId}}"}""").Refused(ErrorCode.ApiNotFound);

    [Fact]
    public void Refused404AnApiOfAnotherWorkspace()
    {
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        stranger.Post("keys.createKey", $$"""{"apiId":"{{Scene.ApiId}}"}""").Refused(ErrorCode.ApiNotFound);
    }

    [Fact]
    public void Refused404AnUnknownRoleLeavesNothingBehind()
    {
        string externalId = "user." + Scene.Unique();
        string slug = "slug." + Scene.Unique();
        Reply reply = Create($"\"externalId\":\"{externalId}\",\"permissions\":[\"{slug}\"],\"roles\":[\"No Such Role\"]").Refused(ErrorCode.RoleNotFound);
        Assert.Contains("No Such Role", reply.Detail);
        Client.Post("identities.getIdentity", $$"""{"identity":"{{externalId}}"}""").Refused(ErrorCode.IdentityNotFound);

        // The slug is free, so it was not created either.
        Assert.Equal(200, Client.Post("permissions.createPermission", $$"""{"name":"x","slug":"{{slug}}"}""").Status);
    }

    [Fact]
    public void Refused404WithoutPermissionIsIdenticalToAnUnknownApi()
    {
        string otherApi = Client.CreateApi();
        string[][] denied =
        [
            ["identity.*.read_identity"], ["api.*.read_key"], [$"api.{otherApi}.create_key"],
            [Scene.Urn($"keyspaces/{Scene.KeyspaceId}", "read_keyspace")], [Scene.Urn("keyspaces/ks_other", "create_key")],
        ];
        string wanted = Error(Client.Post("keys.createKey", """{"apiId":"api_unknown1"}"""));
        foreach (string[] permissions in denied)
        {
            using ApiClient caller = Client.WithPermissions(permissions);
            Reply existing = caller.Post("keys.createKey", $$"""{"apiId":"{{Scene.ApiId}}"}""");
            Reply missing = caller.Post("keys.createKey", """{"apiId":"api_unknown1"}""");
            Assert.Equal(wanted, Error(existing));
            Assert.Equal(wanted, Error(missing));
            Assert.DoesNotContain(Scene.KeyspaceId, existing.Http.Text);
        }

        static string Error(Reply reply) => reply.Refused(ErrorCode.ApiNotFound).Json.GetProperty("error").GetRawText();
    }

    [Fact]
    public void Created200ByEachPermissionThatAllowsIt()
    {
        string[] allowed =
        [
            "api.*.create_key", $"api.{Scene.ApiId}.create_key", Scene.Urn($"keyspaces/{Scene.KeyspaceId}", "create_key"),
            Scene.Urn("keyspaces/*", "create_key"), Scene.Urn("**", "create_key"), Scene.Urn("**", "*"),
        ];
        foreach (string permission in allowed)
        {
            using ApiClient caller = Client.WithPermissions(permission);
            caller.CreateKey(Scene.ApiId);
        }
    }

    [Fact]
    public void RefusedWithoutAnythingCreatedWhenTheKeyIsToBeRecoverable()
    {
        // No encryption service is part of the server: 412 by the order of the checks, whatever the permissions.
        Reply reply = Create("\"recoverable\":true");
        reply.Refused(ErrorCode.Precondition);
    }

    private Reply Create(string members) => Client.Post("keys.createKey", $$"""{"apiId":"{{Scene.ApiId}}",{{members}}}""");

    private static string[] Strings(JsonElement element, string member) =>
        [.. element.GetProperty(member).EnumerateArray().Select(item => item.GetString()!)];
}
