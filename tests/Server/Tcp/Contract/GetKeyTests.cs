using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>keys.getKey and keys.whoami: the same object, found by id or by plain text. Grouped by status.</summary>
public sealed class GetKeyTests(ServerFixture fixture) : TcpTests(fixture)
{
    [Theory]
    [InlineData("\"name\":\"n\"", "name", "\"n\"")]
    [InlineData("\"expires\":1893456000000", "expires", "1893456000000")]
    [InlineData("\"enabled\":false", "enabled", "false")]
    [InlineData("\"credits\":{\"remaining\":0}", "credits", """{"remaining":0}""")]
    [InlineData(
        "\"credits\":{\"remaining\":50,\"refill\":{\"interval\":\"daily\",\"amount\":100}}",
        "credits",
        """{"remaining":50,"refill":{"interval":"daily","amount":100}}""")]
    [InlineData(
        "\"credits\":{\"remaining\":50,\"refill\":{\"interval\":\"monthly\",\"amount\":100,\"refillDay\":1}}",
        "credits",
        """{"remaining":50,"refill":{"interval":"monthly","amount":100,"refillDay":1}}""")]
    [InlineData("\"meta\":{\"a\":{\"b\":[1,true,null]}}", "meta", """{"a":{"b":[1,true,null]}}""")]
    [InlineData("\"permissions\":[\"z.z\",\"a.a\"]", "permissions", """["a.a","z.z"]""")]
    public void Found200MemberComesBackAsSet(string members, string member, string wanted)
    {
        CreatedKey created = Client.CreateKey(Scene.ApiId, members);
        JsonElement byText = Whoami(Client, created.Key).Data;
        JsonElement byId = Client.GetKey(created.KeyId);
        Assert.Equal(created.KeyId, byText.GetProperty("keyId").GetString());
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(wanted).RootElement, byText.GetProperty(member)), byText.GetRawText());
        Assert.Equal(Sorted(byText), Sorted(byId));
        Assert.False(byId.TryGetProperty("plaintext", out _));
    }

    [Theory]
    [InlineData("\"meta\":{}", "meta")]
    [InlineData("\"permissions\":[]", "permissions")]
    [InlineData("\"roles\":[]", "roles")]
    [InlineData("\"ratelimits\":[]", "ratelimits")]
    public void Found200EmptyMemberIsOmitted(string members, string member)
    {
        CreatedKey created = Client.CreateKey(Scene.ApiId, members);
        Assert.False(Client.GetKey(created.KeyId).TryGetProperty(member, out _));
        Assert.False(Client.Verify(created.Key).Data.TryGetProperty(member, out _));
    }

    [Fact]
    public void Found200KeyAndIdentityLimitsStandApart()
    {
        string externalId = "user." + Scene.Unique();
        string identityId = Client.Post(
            "identities.createIdentity",
            $$"""{"externalId":"{{externalId}}","meta":{"tier":1},"ratelimits":[{"name":"requests","limit":5,"duration":1000,"autoApply":false}]}""")
            .Data.GetProperty("identityId").GetString()!;
        CreatedKey created = Client.CreateKey(
            Scene.ApiId,
            $$"""
            "externalId":"{{externalId}}",
            "ratelimits":[{"name":"requests","limit":1,"duration":60000,"autoApply":true},{"name":"tokens","limit":2,"duration":3600000,"autoApply":false}]
            """);
        JsonElement key = Client.GetKey(created.KeyId);
        JsonElement[] limits = [.. key.GetProperty("ratelimits").EnumerateArray().OrderBy(limit => limit.GetProperty("name").GetString())];
        Assert.Equal(["requests", "tokens"], limits.Select(limit => limit.GetProperty("name").GetString()));
        Assert.All(limits, limit => Assert.Matches("^rl_[a-zA-Z0-9]{9}$", limit.GetProperty("id").GetString()!));
        Assert.All(limits, limit => Assert.Equal(5, limit.EnumerateObject().Count()));
        JsonElement identity = key.GetProperty("identity");
        Assert.Equal(identityId, identity.GetProperty("id").GetString());
        Assert.Equal(externalId, identity.GetProperty("externalId").GetString());
        Assert.Equal("""{"tier":1}""", identity.GetProperty("meta").GetRawText());
        JsonElement shadowed = Assert.Single(identity.GetProperty("ratelimits").EnumerateArray());
        Assert.Equal(5, shadowed.GetProperty("limit").GetInt64());
    }

    [Fact]
    public void Found200WhoamiConsumesNothing()
    {
        CreatedKey created = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":3}");
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(3, Whoami(Client, created.Key).Data.GetProperty("credits").GetProperty("remaining").GetInt64());
        }

        Assert.Equal(2, Client.Verify(created.Key).Data.GetProperty("credits").GetInt64());
    }

    [Fact]
    public void Found200CreditsSpentByVerifyAreSeen()
    {
        CreatedKey created = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":10}");
        Client.Verify(created.Key, "\"credits\":{\"cost\":4}");
        Poll.Until(
            () => Client.GetKey(created.KeyId).GetProperty("credits").GetProperty("remaining").GetInt64() == 6, "the balance that getKey shows");
    }

    [Fact]
    public void Refused404WhenUnknownDeletedOrForeign()
    {
        CreatedKey deleted = Client.CreateKey(Scene.ApiId);
        Client.Post("keys.deleteKey", $$"""{"keyId":"{{deleted.KeyId}}"}""");
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Get(Client, "key_unknown1").Refused(ErrorCode.KeyNotFound);
        Get(Client, deleted.KeyId).Refused(ErrorCode.KeyNotFound);
        Get(stranger, Scene.Key.KeyId).Refused(ErrorCode.KeyNotFound);
        Whoami(Client, "no such key").Refused(ErrorCode.KeyNotFound);
        Whoami(Client, deleted.Key).Refused(ErrorCode.KeyNotFound);
        Whoami(stranger, Scene.Key.Key).Refused(ErrorCode.KeyNotFound);
    }

    [Fact]
    public void Refused412DecryptWithoutAnEncryptionService() =>
        Client.Post("keys.getKey", $$"""{"keyId":"{{Scene.Key.KeyId}}","decrypt":true}""").Refused(ErrorCode.Precondition);

    [Fact]
    public void Found200Or403ByPermission()
    {
        string otherApi = Client.CreateApi();
        string keyPath = $"keyspaces/{Scene.KeyspaceId}/keys/{Scene.Key.KeyId}";
        string[] allowed =
        [
            "api.*.read_key", $"api.{Scene.ApiId}.read_key", Scene.Urn(keyPath, "read_key"), Scene.Urn("keyspaces/*/keys/*", "read_key"),
            Scene.Urn($"keyspaces/{Scene.KeyspaceId}/**", "read_key"), Scene.Urn("**", "read_key"), Scene.Urn("**", "*"),
        ];
        foreach (string permission in allowed)
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Assert.Equal(200, Get(caller, Scene.Key.KeyId).Status);
            Assert.Equal(200, Whoami(caller, Scene.Key.Key).Status);
        }

        string[] denied =
        [
            "api.*.create_key", $"api.{Scene.ApiId}.delete_key", $"api.{otherApi}.read_key", "api.*.decrypt_key", "identity.*.read_identity",
            Scene.Urn($"keyspaces/{Scene.KeyspaceId}", "read_key"), Scene.Urn("keyspaces/*", "read_key"), Scene.Urn("*", "read_key"),
            Scene.Urn(keyPath, "update_key"), Scene.Urn("keyspaces/ks_other/keys/*", "read_key"),
        ];
        string unknown = Whoami(Client, "no such key").Json.GetProperty("error").GetRawText();
        foreach (string permission in denied)
        {
            using ApiClient caller = Client.WithPermissions(permission);
            string detail = Get(caller, Scene.Key.KeyId).Refused(ErrorCode.InsufficientPermissions).Detail;
            Assert.StartsWith("Missing one of these permissions: ", detail);
            Assert.Contains($"api.{Scene.ApiId}.read_key", detail);
            Assert.DoesNotContain(permission, detail);

            // Hidden: as if there were no such key, word for word.
            Assert.Equal(unknown, Whoami(caller, Scene.Key.Key).Refused(ErrorCode.KeyNotFound).Json.GetProperty("error").GetRawText());
        }
    }

    private static string Sorted(JsonElement key) => string.Join(
        ';', key.EnumerateObject().OrderBy(member => member.Name).Select(member => member.Name + (member.NameEquals("permissions")
            ? string.Join(',', member.Value.EnumerateArray().Select(slug => slug.GetString()).Order()) : member.Value.GetRawText())));

    private static Reply Get(ApiClient client, string keyId) => client.Post("keys.getKey", $$"""{"keyId":"{{keyId}}"}""");

    private static Reply Whoami(ApiClient client, string key) =>
        client.Post("keys.whoami", $$"""{"key":{{JsonSerializer.Serialize(key)}}}""");
}
