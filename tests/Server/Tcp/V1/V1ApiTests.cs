using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.V1;

/// <summary>v1's operations on APIs, identities, permissions and roles.</summary>
public sealed class V1ApiTests(V1Fixture fixture) : V1TcpTests(fixture)
{
    [Fact]
    public void Apis_CreateGetDelete()
    {
        string apiId = Client.Post("apis.createApi", """{"name":"an api","extra":1}""").Result.GetProperty("apiId").GetString()!;
        Assert.Equal(
            $$"""{"id":"{{apiId}}","workspaceId":"{{Scene.WorkspaceId}}","name":"an api"}""", Client.Get("apis.getApi", $"apiId={apiId}").Http.Text);
        V2.Post("apis.updateApi", $$"""{"apiId":"{{apiId}}","deleteProtection":true}""");
        Client.Post("apis.deleteApi", $$"""{"apiId":"{{apiId}}"}""").Refused("DELETE_PROTECTED");
        V2.Post("apis.updateApi", $$"""{"apiId":"{{apiId}}","deleteProtection":false}""");
        Assert.Equal("{}", Client.Post("apis.deleteApi", $$"""{"apiId":"{{apiId}}"}""").Http.Text);
        Client.Get("apis.getApi", $"apiId={apiId}").Refused("NOT_FOUND", $"api {apiId} not found");
        Client.Post("apis.deleteApi", $$"""{"apiId":"{{apiId}}"}""").Refused("NOT_FOUND", $"api {apiId} not found");
    }

    [Fact]
    public void Apis_Refused()
    {
        Client.Post("apis.createApi", """{"name":"ab"}""").Refused("BAD_REQUEST", "name: minLength: got 2, want 3");
        Client.Get("apis.getApi").Refused("BAD_REQUEST", "apiId: is required");
        Client.Get("apis.getApi", "apiId=").Refused("BAD_REQUEST", "apiId: minLength: got 0, want 1");
        V1Client nobody = WithPermissions("api.*.verify_key");
        nobody.Post("apis.createApi", """{"name":"an api"}""").Refused("INSUFFICIENT_PERMISSIONS");
        nobody.Get("apis.getApi", $"apiId={Scene.ApiId}").Refused("INSUFFICIENT_PERMISSIONS");
        nobody.Get("apis.listKeys", $"apiId={Scene.ApiId}").Refused("INSUFFICIENT_PERMISSIONS");
        nobody.Post("apis.deleteApi", $$"""{"apiId":"{{Scene.ApiId}}"}""").Refused("INSUFFICIENT_PERMISSIONS");
    }

    [Fact]
    public void ListKeys_PagesAreExclusiveAndTellTheTotal()
    {
        string apiId = V2.CreateApi();
        string user = "user_" + Scene.Unique();
        List<string> ids = [.. Enumerable.Range(0, 5).Select(i => Client.CreateKey(apiId, i < 2 ? $"\"ownerId\":\"{user}\"" : "").KeyId)];
        ids.Sort(string.CompareOrdinal);
        Assert.Equal(ids, Walk("limit=2"));
        Assert.Equal(ids, Walk("limit=5"));
        Assert.Equal(ids, Walk("limit=100"));
        Assert.Equal(ids, Walk("revalidateKeysCache=true"));
        Assert.Equal(2, Walk($"limit=1&ownerId={user}").Count);
        Assert.Equal(2, Walk($"limit=1&externalId={user}").Count);

        // A cursor whose key is gone still leads on.
        Client.Post("keys.deleteKey", $$"""{"keyId":"{{ids[1]}}"}""");
        JsonElement page = Client.Get("apis.listKeys", $"apiId={apiId}&cursor={ids[1]}&limit=2").Result;
        Assert.Equal(ids[2..4], page.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("id").GetString()!));
        Assert.Equal((ids[3], 4), (page.GetProperty("cursor").GetString(), page.GetProperty("total").GetInt32()));
        Assert.Equal("""{"keys":[],"total":0}""", Client.Get("apis.listKeys", $"apiId={apiId}&externalId=nobody").Http.Text);
        Client.Get("apis.listKeys", "apiId=api_unknown1").Refused("NOT_FOUND", "api api_unknown1 not found");

        List<string> Walk(string query)
        {
            List<string> seen = [];
            string? cursor = "";
            while (cursor is not null)
            {
                JsonElement page = Client.Get("apis.listKeys", $"apiId={apiId}&{query}" + (cursor.Length == 0 ? "" : $"&cursor={cursor}")).Result;
                seen.AddRange(page.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("id").GetString()!));
                cursor = page.TryGetProperty("cursor", out JsonElement next) ? next.GetString() : null;
            }

            return seen;
        }
    }

    [Theory]
    [InlineData("limit=0", "limit: minimum: got 0, want 1")]
    [InlineData("limit=101", "limit: maximum: got 101, want 100")]
    [InlineData("limit=ten", "limit: got string, want integer")]
    [InlineData("limit=1.5", "limit: got string, want integer")]
    [InlineData("limit", "limit: got string, want integer")]
    [InlineData("decrypt=1", "decrypt: got string, want boolean")]
    [InlineData("ownerId=", "ownerId: minLength: got 0, want 1")]
    public void ListKeys_BadQueriesAreRefused(string query, string message) =>
        Client.Get("apis.listKeys", $"apiId={Scene.ApiId}&{query}").Refused("BAD_REQUEST", message);

    [Fact]
    public void Queries_AreDecodedAndUnknownParametersIgnored()
    {
        string user = "a user+1@" + Scene.Unique();
        Client.CreateKey(Scene.ApiId, $"\"ownerId\":\"{user}\"");
        foreach (string written in new[] { user.Replace("+", "%2B").Replace(' ', '+'), user.Replace("+", "%2b").Replace(" ", "%20").Replace("@", "%40") })
        {
            Assert.Equal(1, Client.Get("apis.listKeys", $"unknown=1&&=&apiId=other&api%49d={Scene.ApiId}&ownerId={written}").Result.GetProperty("total").GetInt32());
        }
    }

    [Fact]
    public void Identities_AreMadeReadChangedListedAndDeleted()
    {
        string user = "identity_" + Scene.Unique();
        string limits = """[{"name":"a","limit":5,"duration":60000}]""";
        string id = Client.Post("identities.createIdentity", $$"""{"externalId":"{{user}}","meta":{"a":1},"ratelimits":{{limits}}}""").Result.GetProperty("identityId").GetString()!;
        string whole = $$"""{"id":"{{id}}","externalId":"{{user}}","meta":{"a":1},"ratelimits":{{limits}}}""";
        Assert.Equal(whole, Client.Get("identities.getIdentity", $"identityId={id}").Http.Text);
        Assert.Equal(whole, Client.Get("identities.getIdentity", $"externalId={user}").Http.Text);
        Client.Post("identities.createIdentity", $$"""{"externalId":"{{user}}"}""").Refused("CONFLICT");
        Assert.Equal(
            $$"""{"id":"{{id}}","externalId":"{{user}}","meta":{"a":1},"ratelimits":[]}""",
            Client.Post("identities.updateIdentity", $$"""{"externalId":"{{user}}","ratelimits":[]}""").Http.Text);
        Client.Post("identities.updateIdentity", $$"""{"identityId":"{{id}}","ratelimits":[{"name":"a","limit":5,"duration":60000},{"name":"a","limit":6,"duration":60000}]}""").Refused("CONFLICT");
        Client.Post("identities.updateIdentity", """{"meta":{}}""").Refused("BAD_REQUEST", "identityId: is required, or externalId");
        Client.Get("identities.getIdentity").Refused("BAD_REQUEST", "identityId: is required, or externalId");
        JsonElement list = Client.Get("identities.listIdentities", "environment=default&limit=1").Result;
        Assert.Equal(["id", "externalId", "ratelimits"], list.GetProperty("identities")[0].EnumerateObject().Select(member => member.Name));
        Assert.True(list.GetProperty("total").GetInt32() >= 2 && list.TryGetProperty("cursor", out _));
        Client.Post("identities.deleteIdentity", $$"""{"identityId":"{{user}}"}""").Refused("NOT_FOUND", $"identity {user} not found");
        Assert.Equal("{}", Client.Post("identities.deleteIdentity", $$"""{"identityId":"{{id}}"}""").Http.Text);
        Client.Get("identities.getIdentity", $"externalId={user}").Refused("NOT_FOUND", $"identity {user} not found");
        V1Client stranger = new(Fixture.Bootstrap.CreateWorkspace().Client);
        stranger.Get("identities.getIdentity", $"identityId={Scene.IdentityId}").Refused("NOT_FOUND");
        WithPermissions("api.*.read_api").Get("identities.getIdentity", $"identityId={Scene.IdentityId}").Refused("INSUFFICIENT_PERMISSIONS");
    }

    [Fact]
    public void PermissionsAndRoles_AreMadeReadListedAndDeleted()
    {
        string name = "v1." + Scene.Unique();
        string id = Client.Post("permissions.createPermission", $$"""{"name":"{{name}}"}""").Result.GetProperty("permissionId").GetString()!;
        Assert.Equal($$"""{"id":"{{id}}","name":"{{name}}","slug":"{{name}}"}""", Client.Get("permissions.getPermission", $"permissionId={id}").Http.Text);
        Client.Get("permissions.getPermission", $"permissionId={name}").Refused("NOT_FOUND", $"permission {name} not found");
        Client.Post("permissions.createPermission", $$"""{"name":"{{name}}"}""").Refused("CONFLICT");
        Client.Post("permissions.createPermission", """{"name":"with blank"}""").Refused("BAD_REQUEST");
        string role = Client.Post("permissions.createRole", $$"""{"name":"{{name}}","description":"what for"}""").Result.GetProperty("roleId").GetString()!;
        Assert.Equal($$"""{"id":"{{role}}","name":"{{name}}","description":"what for"}""", Client.Get("permissions.getRole", $"roleId={role}").Http.Text);
        Assert.Contains(Client.Get("permissions.listPermissions").Result.EnumerateArray(), item => item.GetProperty("id").GetString() == id);
        Assert.Contains(Client.Get("permissions.listRoles").Result.EnumerateArray(), item => item.GetProperty("id").GetString() == role);
        Assert.Equal("{}", Client.Post("permissions.deleteRole", $$"""{"roleId":"{{role}}"}""").Http.Text);
        Assert.Equal("{}", Client.Post("permissions.deletePermission", $$"""{"permissionId":"{{id}}"}""").Http.Text);
        Client.Post("permissions.deleteRole", $$"""{"roleId":"{{role}}"}""").Refused("NOT_FOUND", $"role {role} not found");
        WithPermissions("api.*.read_api").Get("permissions.listRoles").Refused("INSUFFICIENT_PERMISSIONS");
    }
}
