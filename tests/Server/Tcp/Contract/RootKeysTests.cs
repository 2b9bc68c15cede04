using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>rootKeys.* and workspaces.createWorkspace, and what a root key's state means for its calls.</summary>
public sealed class RootKeysTests(ServerFixture fixture) : TcpTests(fixture)
{
    [Fact]
    public void Created200AnswersIdAndKeyAndIsListedWithoutTheKey()
    {
        string name = "listed " + Scene.Unique();
        JsonElement data = Create(Client, $$"""{"name":"{{name}}","permissions":["api.*.read_api"],"expires":4102444800000}""").Data;
        string key = data.GetProperty("key").GetString()!;
        Server.AddSecret(key);
        Assert.Equal(["key", "keyId"], data.EnumerateObject().Select(member => member.Name).Order());
        JsonElement listed = List(Client).Single(item => item.GetProperty("name").GetString() == name);
        Assert.Equal(["createdAt", "expires", "keyId", "name", "permissions", "start"], listed.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal(data.GetProperty("keyId").GetString(), listed.GetProperty("keyId").GetString());
        Assert.StartsWith(listed.GetProperty("start").GetString()!, key);
        Assert.True(listed.GetProperty("start").GetString()!.Length < key.Length / 2);
        Assert.Equal("""["api.*.read_api"]""", listed.GetProperty("permissions").GetRawText());
        Assert.Equal(4102444800000, listed.GetProperty("expires").GetInt64());
    }

    [Fact]
    public void Created403ARootKeyHandsOutOnlyWhatItHas()
    {
        using ApiClient creator = Client.WithPermissions("root_key.*.create_root_key", "api.*.read_api", Scene.Urn("keyspaces/*/keys/*", "read_key"));
        using ApiClient child = creator.WithPermissions("api.*.read_api", Scene.Urn("keyspaces/*/keys/*", "read_key"));
        Assert.Equal(200, child.Post("apis.getApi", $$"""{"apiId":"{{Scene.ApiId}}"}""").Status);
        foreach (string more in new[] { "api.*.create_api", "api.*.delete_api", Scene.Urn("**", "*"), Scene.Urn("**", "read_key"), "root_key.*.delete_root_key" })
        {
            Create(creator, $$"""{"permissions":["api.*.read_api","{{more}}"]}""").Refused(ErrorCode.InsufficientPermissions);
        }
    }

    [Fact]
    public void Created403WithoutThePermission()
    {
        using ApiClient caller = Client.WithPermissions("api.*.read_api");
        Create(caller, """{"permissions":["api.*.read_api"]}""").Refused(ErrorCode.InsufficientPermissions);
        caller.Post("rootKeys.listRootKeys", "{}").Refused(ErrorCode.InsufficientPermissions);
        caller.Post("rootKeys.deleteRootKey", """{"keyId":"key_unknown1"}""").Refused(ErrorCode.InsufficientPermissions);
        caller.Post("workspaces.createWorkspace", """{"name":"a workspace"}""").Refused(ErrorCode.InsufficientPermissions);
    }

    [Fact]
    public void Listed200PageByPageEachOnce()
    {
        Workspace workspace = Fixture.Client.CreateWorkspace();
        using ApiClient client = workspace.Client;
        string[] created = [.. Enumerable.Range(0, 7).Select(i => Create(client, """{"permissions":["api.*.read_api"]}""").Data.GetProperty("keyId").GetString()!)];
        List<string> seen = [];
        string cursor = "";
        for (int pages = 1; ; pages++)
        {
            Reply page = client.Post("rootKeys.listRootKeys", $$"""{"limit":3{{cursor}}}""");
            string[] ids = [.. page.Data.EnumerateArray().Select(item => item.GetProperty("keyId").GetString()!)];
            seen.AddRange(ids);
            JsonElement pagination = page.Json.GetProperty("pagination");
            bool more = pagination.GetProperty("hasMore").GetBoolean();
            Assert.Equal(more, pagination.TryGetProperty("cursor", out JsonElement next));
            if (!more)
            {
                Assert.Equal(3, pages);
                break;
            }

            Assert.Equal(3, ids.Length);
            cursor = $",\"cursor\":\"{next.GetString()}\"";
        }

        Assert.Equal(created.Append(workspace.RootKeyId).Order(), seen.Order());
    }

    [Fact]
    public void Deleted200TheKeyIs401AtOnce()
    {
        JsonElement data = Create(Client, """{"permissions":["api.*.verify_key"]}""").Data;
        using ApiClient victim = Client.With(data.GetProperty("key").GetString()!);
        Server.AddSecret(victim.RootKey);
        string keyId = data.GetProperty("keyId").GetString()!;

        // The same connection, so that whatever it remembers about its caller has to be forgotten.
        Assert.Equal("VALID", victim.Verify(Scene.Key.Key).Code);
        Assert.Equal("VALID", victim.Verify(Scene.Key.Key).Code);
        Assert.Empty(Client.Post("rootKeys.deleteRootKey", $$"""{"keyId":"{{keyId}}"}""").Data.EnumerateObject());
        victim.Verify(Scene.Key.Key).Refused(ErrorCode.UnknownRootKey);
        Client.Post("rootKeys.deleteRootKey", $$"""{"keyId":"{{keyId}}"}""").Refused(ErrorCode.KeyNotFound);
        Assert.DoesNotContain(List(Client), item => item.GetProperty("keyId").GetString() == keyId);
    }

    [Fact]
    public void Deleted404AKeyThatIsNoRootKeyOrIsOfAnotherWorkspace()
    {
        Workspace other = Fixture.Client.CreateWorkspace();
        using ApiClient stranger = other.Client;
        Client.Post("rootKeys.deleteRootKey", $$"""{"keyId":"{{Scene.Key.KeyId}}"}""").Refused(ErrorCode.KeyNotFound);
        Client.Post("rootKeys.deleteRootKey", $$"""{"keyId":"{{other.RootKeyId}}"}""").Refused(ErrorCode.KeyNotFound);
        Assert.Equal(200, stranger.Post("rootKeys.listRootKeys", "{}").Status);
    }

    [Fact]
    public void Refused403AnExpiredRootKey()
    {
        long expires = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 3000;
        JsonElement data = Create(Client, $$"""{"permissions":["api.*.verify_key","api.*.read_api"],"expires":{{expires}}}""").Data;
        using ApiClient caller = Client.With(data.GetProperty("key").GetString()!);
        Assert.Equal("VALID", caller.Verify(Scene.Key.Key).Code);
        Poll.Until(() => caller.Verify(Scene.Key.Key).Status == 403, "the root key expires");
        caller.Verify(Scene.Key.Key).Refused(ErrorCode.Forbidden);
        caller.Post("apis.getApi", $$"""{"apiId":"{{Scene.ApiId}}"}""").Refused(ErrorCode.Forbidden);
        caller.Verify("none", "\"foo\":1").RefusedBySchema("keys.verifyKey");
    }

    [Fact]
    public void Refused401AnOrdinaryKeyWithTheSamePermissions()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"permissions\":[\"api.*.read_api\",\"api.*.verify_key\",\"api.*.create_api\"]");
        using ApiClient caller = Client.With(key.Key);
        foreach (string operation in new[] { "apis.getApi", "keys.verifyKey", "apis.createApi" })
        {
            caller.Post(operation, Endpoint.Of(operation).Body(Scene)).Refused(ErrorCode.UnknownRootKey);
        }
    }

    [Fact]
    public void ARootKeyIsNoKeyOfItsWorkspace()
    {
        Assert.Equal("NOT_FOUND", Client.Verify(Client.RootKey).Code);
        Client.Post("keys.whoami", $$"""{"key":"{{Client.RootKey}}"}""").Refused(ErrorCode.KeyNotFound);
        string rootKeyId = List(Client)[0].GetProperty("keyId").GetString()!;
        Client.Post("keys.getKey", $$"""{"keyId":"{{rootKeyId}}"}""").Refused(ErrorCode.KeyNotFound);
        Client.Post("keys.updateKey", $$"""{"keyId":"{{rootKeyId}}","enabled":false}""").Refused(ErrorCode.KeyNotFound);
        Client.Post("keys.deleteKey", $$"""{"keyId":"{{rootKeyId}}"}""").Refused(ErrorCode.KeyNotFound);
    }

    [Fact]
    public void AWorkspaceDoesNotMakeWorkspaces() => Assert.Contains(
        "workspace.*.create_workspace",
        Client.Post("workspaces.createWorkspace", """{"name":"a workspace"}""").Refused(ErrorCode.InsufficientPermissions).Detail);

    [Fact]
    public void WorkspacesSeeNothingOfEachOther()
    {
        Workspace other = Fixture.Client.CreateWorkspace("another");
        using ApiClient stranger = other.Client;
        string apiId = stranger.CreateApi();
        CreatedKey key = stranger.CreateKey(apiId, $"\"externalId\":\"{Scene.ExternalId}\"");
        Assert.Equal("VALID", stranger.Verify(key.Key).Code);
        Assert.Equal("NOT_FOUND", Client.Verify(key.Key).Code);
        Client.Post("keys.getKey", $$"""{"keyId":"{{key.KeyId}}"}""").Refused(ErrorCode.KeyNotFound);
        Client.Post("apis.getApi", $$"""{"apiId":"{{apiId}}"}""").Refused(ErrorCode.ApiNotFound);
        string identityId = stranger.GetKey(key.KeyId).GetProperty("identity").GetProperty("id").GetString()!;
        Assert.NotEqual(Scene.IdentityId, identityId);
        Client.Post("identities.getIdentity", $$"""{"identity":"{{identityId}}"}""").Refused(ErrorCode.IdentityNotFound);
        Assert.Single(List(stranger));
    }

    [Fact]
    public void AGrantOfAnotherWorkspaceIsWorthNothing()
    {
        // The bootstrap root key has its own workspace and no power over this one.
        Fixture.Client.Post("keys.getKey", $$"""{"keyId":"{{Scene.Key.KeyId}}"}""").Refused(ErrorCode.KeyNotFound);
        Assert.Equal("NOT_FOUND", Fixture.Client.Verify(Scene.Key.Key).Code);
    }

    private static Reply Create(ApiClient client, string body) => client.Post("rootKeys.createRootKey", body);

    private static JsonElement[] List(ApiClient client) =>
        [.. client.Post("rootKeys.listRootKeys", """{"limit":100}""").Data.EnumerateArray()];
}
