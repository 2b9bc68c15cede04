using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>apis.updateApi, and what its settings do to the other operations on APIs and keys.</summary>
public sealed class UpdateApiTests(ServerFixture fixture) : TcpTests(fixture)
{
    [Fact]
    public void AProtectedApiIsReadNormallyAndNotDeleted()
    {
        string apiId = Client.CreateApi();
        Assert.Empty(Update(apiId, "\"deleteProtection\":true").Data.EnumerateObject());
        Assert.Equal(200, Client.Post("apis.getApi", $$"""{"apiId":"{{apiId}}"}""").Status);
        Reply refused = Client.Post("apis.deleteApi", $$"""{"apiId":"{{apiId}}"}""").Refused("unkey/application/protected_resource");
        Assert.Equal("This API has delete protection enabled. Disable it before attempting to delete.", refused.Detail);
        Assert.Equal(200, Client.Post("apis.getApi", $$"""{"apiId":"{{apiId}}"}""").Status);
        Update(apiId, "\"deleteProtection\":false");
        Assert.Equal(200, Client.Post("apis.deleteApi", $$"""{"apiId":"{{apiId}}"}""").Status);
        Update(apiId, "\"name\":\"gone\"").Refused(ErrorCode.ApiNotFound);
    }

    [Fact]
    public void ADefaultPrefixAndLengthApplyWhereTheRequestNamesNone()
    {
        string apiId = Client.CreateApi();
        Update(apiId, "\"defaultPrefix\":\"acme\",\"defaultBytes\":64");
        CreatedKey byDefault = Client.CreateKey(apiId);
        Assert.StartsWith("acme_", byDefault.Key);
        Assert.StartsWith("acme_", Client.GetKey(byDefault.KeyId).Text("start"));
        Assert.True(byDefault.Key.Length >= 80);
        CreatedKey own = Client.CreateKey(apiId, "\"prefix\":\"own\",\"byteLength\":16");
        Assert.StartsWith("own_", own.Key);
        Assert.InRange(own.Key.Length, 20, 26);
        Update(apiId, "\"defaultPrefix\":null,\"defaultBytes\":null");
        Assert.InRange(Client.CreateKey(apiId).Key.Length, 16, 22);
    }

    [Fact]
    public void KeysEndInAChecksumWhereTheApiSaysSo()
    {
        string apiId = Client.CreateApi();
        CreatedKey without = Client.CreateKey(apiId);
        Update(apiId, "\"keyChecksum\":true,\"defaultPrefix\":\"acme\"");
        CreatedKey key = Client.CreateKey(apiId);
        Assert.Matches("^acme_[1-9A-HJ-NP-Za-km-z]{16,22}_uk1_[1-9A-HJ-NP-Za-km-z]{6}$", key.Key);
        Assert.Equal(key.Key[..9], Client.GetKey(key.KeyId).Text("start"));
        Assert.Equal("VALID", Client.Verify(key.Key).Code);
        Assert.Equal("VALID", Client.Verify(without.Key).Code);
        Assert.Equal("NOT_FOUND", Client.Verify(key.Key[..^1] + (key.Key[^1] == 'a' ? 'b' : 'a')).Code);
        Assert.Equal("NOT_FOUND", Client.Verify("acne" + key.Key[4..]).Code);
        Reply rerolled = Client.Post("keys.rerollKey", $$"""{"keyId":"{{key.KeyId}}","expiration":0}""");
        Assert.Matches("^acme_[^_]+_uk1_.{6}$", rerolled.Data.Text("key"));
        Assert.Equal("VALID", Client.Verify(rerolled.Data.Text("key")).Code);
        Update(apiId, "\"keyChecksum\":false");
        Assert.DoesNotContain("_uk1_", Client.CreateKey(apiId).Key, System.StringComparison.Ordinal);
        Assert.Equal("VALID", Client.Verify(rerolled.Data.Text("key")).Code);
    }

    [Fact]
    public void AnAllowListHoldsForTheNextVerification()
    {
        string apiId = Client.CreateApi();
        CreatedKey key = Client.CreateKey(apiId, "\"credits\":{\"remaining\":5}");
        Update(apiId, "\"ipAllowList\":[\"203.0.113.7\"]");
        Assert.Equal("FORBIDDEN", Client.Verify(key.Key).Code);
        Update(apiId, "\"ipAllowList\":[\"203.0.113.7\",\" 127.0.0.1 \"]");
        Assert.Equal(4, Client.Verify(key.Key).Data.Number("credits"));
        Update(apiId, "\"ipAllowList\":[\"127.0.0.0/8\"]");
        Assert.Equal("FORBIDDEN", Client.Verify(key.Key).Code);
        Update(apiId, "\"ipAllowList\":null");
        Assert.Equal(3, Client.Verify(key.Key).Data.Number("credits"));
    }

    [Fact]
    public void AbsentMembersKeepWhatIsStored()
    {
        string apiId = Client.CreateApi("before");
        Update(apiId, "\"defaultPrefix\":\"acme\",\"deleteProtection\":true");
        Update(apiId, "\"name\":\"after\"");
        Assert.Equal("after", Client.Post("apis.getApi", $$"""{"apiId":"{{apiId}}"}""").Data.Text("name"));
        Assert.StartsWith("acme_", Client.CreateKey(apiId).Key);
        Client.Post("apis.deleteApi", $$"""{"apiId":"{{apiId}}"}""").Refused("unkey/application/protected_resource");
        Assert.Equal(["api.create", "api.update", "api.update"], Client.Events(apiId).Select(static e => e.Text("event")));
    }

    [Fact]
    public void ItTakesThePermissionForAnyOrForThisApi()
    {
        string apiId = Client.CreateApi();
        foreach (string permission in new[] { "api.*.update_api", $"api.{apiId}.update_api" })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Assert.Equal(200, caller.Post("apis.updateApi", $$"""{"apiId":"{{apiId}}","name":"renamed"}""").Status);
        }

        foreach (string permission in new[] { "api.*.read_api", $"api.{Scene.ApiId}.update_api" })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            caller.Post("apis.updateApi", $$"""{"apiId":"{{apiId}}","name":"denied"}""").Refused(ErrorCode.InsufficientPermissions);
        }

        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        stranger.Post("apis.updateApi", $$"""{"apiId":"{{apiId}}","name":"foreign"}""").Refused(ErrorCode.ApiNotFound);
        Assert.Equal("renamed", Client.Post("apis.getApi", $$"""{"apiId":"{{apiId}}"}""").Data.Text("name"));
    }

    private Reply Update(string apiId, string members) => Client.Post("apis.updateApi", $$"""{"apiId":"{{apiId}}",{{members}}}""");
}
