using System;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>keys.rerollKey, grouped by status.</summary>
public sealed class RerollKeyTests(ServerFixture fixture) : TcpTests(fixture)
{
    [Fact]
    public void Rerolled200TheNewKeyHasEverythingOfTheOld()
    {
        CreatedKey old = Client.CreateKey(
            Scene.ApiId,
            $$$"""
            "prefix":"sk_live","name":"a key","externalId":"{{{Scene.ExternalId}}}","meta":{"a":{"b":1}},"roles":["{{{Scene.RoleName}}}"],
            "permissions":["direct.slug"],"credits":{"remaining":10,"refill":{"interval":"monthly","amount":10,"refillDay":5}},
            "ratelimits":[{"name":"requests","limit":10,"duration":60000,"autoApply":false}],"enabled":true
            """);
        Assert.Equal(9, Client.Verify(old.Key).Data.Number("credits"));
        JsonElement before = Client.GetKey(old.KeyId);
        JsonElement data = Reroll(Client, old.KeyId, "60000").Data;
        Assert.Equal(["key", "keyId"], data.Names());
        Server.AddSecret(data.Text("key"));
        Assert.StartsWith("sk_live_", data.Text("key"));
        JsonElement after = Client.GetKey(data.Text("keyId"));
        Assert.NotEqual(before.Text("keyId"), after.Text("keyId"));
        Assert.NotEqual(before.Text("start"), after.Text("start"));
        Assert.NotEqual(LimitOf(before).Text("id"), LimitOf(after).Text("id"));
        foreach (string member in new[] { "name", "meta", "permissions", "roles", "credits", "identity", "enabled" })
        {
            Assert.Equal(before.GetProperty(member).GetRawText(), after.GetProperty(member).GetRawText());
        }

        Assert.Equal(WithoutId(LimitOf(before)), WithoutId(LimitOf(after)));
        Assert.False(after.Has("expires"));
        Assert.True(Client.GetKey(old.KeyId).Has("expires"));
        Assert.Equal("VALID", Client.Verify(old.Key, "\"credits\":{\"cost\":0}").Code);
        Assert.Equal(8, Client.Verify(data.Text("key"), "\"permissions\":\"direct.slug AND documents.read\"").Data.Number("credits"));
        Assert.Equal("key.reroll", Client.Events(old.KeyId)[^1].Text("event"));
    }

    [Fact]
    public void Rerolled200TheOldKeyExpiresAtTheNextFullMinute()
    {
        CreatedKey old = Client.CreateKey(Scene.ApiId, "\"expires\":4102444800000");
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        string newId = Reroll(Client, old.KeyId, "60000").Data.Text("keyId");
        long expires = Client.GetKey(old.KeyId).Number("expires");
        Assert.Equal(0, expires % 60_000);
        Assert.InRange(expires, now + 60_000 - 5_000, now + 120_000 + 30_000);
        Assert.Equal(4102444800000, Client.GetKey(newId).Number("expires"));
    }

    [Fact]
    public void Rerolled200ADisabledOrUnprefixedKeyStaysSo()
    {
        CreatedKey old = Client.CreateKey(Scene.ApiId, "\"enabled\":false");
        JsonElement data = Reroll(Client, old.KeyId, "0").Data;
        Assert.DoesNotContain('_', data.Text("key"));
        Assert.Equal("DISABLED", Client.Verify(data.Text("key")).Code);
    }

    [Fact]
    public void Rerolled200UnknownMembersAreIgnoredAndEachCallMakesAKey()
    {
        CreatedKey old = Client.CreateKey(Scene.ApiId);
        string[] ids = [.. Enumerable.Range(0, 3).Select(_ => Reroll(Client, old.KeyId, "60000,\"foo\":{\"bar\":[null]}").Data.Text("keyId"))];
        Assert.Equal(3, ids.Append(old.KeyId).Distinct().Count() - 1);
    }

    [Fact]
    public void Refused404WhenUnknownOrForeignAnd403WithoutPermission()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        Reroll(Client, "key_unknown1", "0").Refused(ErrorCode.KeyNotFound);
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Reroll(stranger, key.KeyId, "0").Refused(ErrorCode.KeyNotFound);
        string otherApi = Client.CreateApi();
        foreach (string permission in new[] { "api.*.read_key", "api.*.update_key", $"api.{otherApi}.create_key", Scene.Urn("keyspaces/ks_other", "create_key") })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Reroll(caller, key.KeyId, "0").Refused(ErrorCode.InsufficientPermissions);
        }

        Assert.Equal("VALID", Client.Verify(key.Key).Code);
        foreach (string permission in new[] { "api.*.create_key", $"api.{Scene.ApiId}.create_key", Scene.Urn($"keyspaces/{Scene.KeyspaceId}", "create_key") })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Assert.Equal(200, Reroll(caller, key.KeyId, "60000").Status);
        }
    }

    private static JsonElement LimitOf(JsonElement key) => key.GetProperty("ratelimits").Only();

    private static string WithoutId(JsonElement limit) => limit.GetRawText().Replace(limit.Text("id"), "", StringComparison.Ordinal);

    private static Reply Reroll(ApiClient client, string keyId, string expiration) =>
        client.Post("keys.rerollKey", $$"""{"keyId":"{{keyId}}","expiration":{{expiration}}}""");
}
