using System;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.V1;

/// <summary>v1's operations on keys besides verifyKey.</summary>
public sealed class V1KeyTests(V1Fixture fixture) : V1TcpTests(fixture)
{
    [Fact]
    public void CreateAndGet_ShowWhatWasAskedFor()
    {
        string owner = "owner_" + Scene.Unique();
        CreatedKey key = Client.CreateKey(Scene.ApiId, $$"""
            "prefix":"my-app","name":"n","byteLength":24,"ownerId":"{{owner}}","meta":{"a":[1]},"expires":4102444800001,"remaining":7,
            "refill":{"interval":"daily","amount":5,"refillDay":null},"ratelimit":{"type":"fast","refillRate":10,"refillInterval":1000},
            "roles":["r1"],"permissions":["p1"],"enabled":false,"environment":"e","unknown":{"a":1}
            """);
        Assert.StartsWith("my-app_", key.Key);
        JsonElement shown = Client.Get("keys.getKey", $"keyId={key.KeyId}").Result;
        JsonElement stored = V2.GetKey(key.KeyId);
        Assert.True(JsonElement.DeepEquals(
            JsonDocument.Parse($$"""
            {"id":"{{key.KeyId}}","start":"{{key.Key[..11]}}","workspaceId":"{{Scene.WorkspaceId}}","apiId":"{{Scene.ApiId}}","name":"n","meta":{"a":[1]},
             "createdAt":{{stored.GetProperty("createdAt")}},"expires":4102444800001,"remaining":7,
             "refill":{"interval":"daily","amount":5,"refillDay":null},
             "ratelimit":{"async":false,"type":"consistent","limit":10,"duration":1000,"refillRate":10,"refillInterval":1000},
             "roles":["r1"],"permissions":["p1"],"enabled":false,"environment":"e","ownerId":"{{owner}}",
             "identity":{"id":"{{stored.GetProperty("identity").GetProperty("id").GetString()}}","externalId":"{{owner}}","meta":{} } }
            """).RootElement,
            shown), shown.GetRawText());
        Assert.Equal("default", stored.GetProperty("ratelimits")[0].GetProperty("name").GetString());
        Assert.True(stored.GetProperty("ratelimits")[0].GetProperty("autoApply").GetBoolean());
    }

    [Fact]
    public void Get_LeavesOutWhatIsNotSet()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        Assert.Equal(
            ["id", "start", "workspaceId", "apiId", "createdAt", "roles", "permissions", "enabled"],
            Client.Get("keys.getKey", $"keyId={key.KeyId}").Result.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public void Create_ExternalIdWinsOverOwnerIdAndTheIdentityIsShared()
    {
        string user = "user_" + Scene.Unique();
        CreatedKey first = Client.CreateKey(Scene.ApiId, $"\"externalId\":\"{user}\",\"ownerId\":\"other\"");
        CreatedKey second = Client.CreateKey(Scene.ApiId, $"\"ownerId\":\"{user}\"");
        Assert.Equal(
            Client.Verify(first.Key).Result.GetProperty("identity").GetRawText(), Client.Verify(second.Key).Result.GetProperty("identity").GetRawText());
    }

    [Theory]
    [InlineData("\"remaining\":0", "remaining must be greater than 0.")]
    [InlineData("\"remaining\":-5", "remaining must be greater than 0.")]
    [InlineData("\"refill\":{\"interval\":\"daily\",\"amount\":5}", "remaining must be set if you are using refill.")]
    [InlineData("\"remaining\":5,\"refill\":{\"interval\":\"daily\",\"amount\":5,\"refillDay\":1}", "when interval is set to 'daily', 'refillDay' must be null.")]
    [InlineData("\"remaining\":5,\"refill\":{\"interval\":\"hourly\",\"amount\":5}", "refill.interval: value must be one of 'daily', 'monthly'")]
    [InlineData("\"remaining\":5,\"refill\":{\"interval\":\"daily\",\"amount\":0}", "refill.amount: minimum: got 0, want 1")]
    [InlineData("\"byteLength\":15", "byteLength: minimum: got 15, want 16")]
    [InlineData("\"byteLength\":256", "byteLength: maximum: got 256, want 255")]
    [InlineData("\"prefix\":\"12345678901234567\"", "prefix: maxLength: got 17, want 16")]
    [InlineData("\"meta\":[]", "meta: got array, want object")]
    [InlineData("\"roles\":[\"a\",5]", "roles.1: got number, want string")]
    [InlineData("\"ratelimit\":{\"limit\":0,\"duration\":1000}", "ratelimit.limit: minimum: got 0, want 1")]
    [InlineData("\"ratelimit\":{\"limit\":5,\"duration\":999}", "ratelimit.duration: minimum: got 999, want 1000")]
    [InlineData("\"ratelimit\":{\"limit\":5}", "ratelimit.duration: is required")]
    [InlineData("\"ratelimit\":{\"duration\":1000}", "ratelimit.limit: is required")]
    [InlineData("\"name\":null", "name: got null, want string")]
    public void Create_Refused400(string members, string message) =>
        Client.Post("keys.createKey", $$"""{"apiId":"{{Scene.ApiId}}",{{members}}}""").Refused("BAD_REQUEST", message);

    [Fact]
    public void Create_RefusedForTheApi()
    {
        Client.Post("keys.createKey", "{}").Refused("BAD_REQUEST", "apiId: is required");
        Client.Post("keys.createKey", """{"apiId":"api_unknown1"}""").Refused("NOT_FOUND", "api api_unknown1 not found");
        Client.Post("keys.createKey", $$"""{"apiId":"{{Scene.ApiId}}","recoverable":true}""")
            .Refused("PRECONDITION_FAILED", $"api {Scene.ApiId} does not support recoverable keys");

        // Whoever may not create keys is told so, whether the API exists or not.
        V1Client reader = WithPermissions("api.*.read_api");
        foreach (string apiId in new[] { Scene.ApiId, "api_unknown1" })
        {
            V1Reply denied = reader.Post("keys.createKey", $$"""{"apiId":"{{apiId}}"}""").Refused("INSUFFICIENT_PERMISSIONS");
            Assert.Contains($"api.{apiId}.create_key", denied.Message);
            Assert.EndsWith("the root key has: api.*.read_api", denied.Message);
        }

        Assert.Equal(200, WithPermissions($"api.{Scene.ApiId}.create_key").Post("keys.createKey", $$"""{"apiId":"{{Scene.ApiId}}"}""").Http.Status);
    }

    [Fact]
    public void Create_MissingRolesAndPermissionsNeedTheRightToMakeThem()
    {
        string name = "new." + Scene.Unique();
        string body = $$"""{"apiId":"{{Scene.ApiId}}","MEMBER":["{{name}}"]}""";
        V1Client caller = WithPermissions("api.*.create_key");
        string permission = body.Replace("MEMBER", "permissions", StringComparison.Ordinal);
        string role = body.Replace("MEMBER", "roles", StringComparison.Ordinal);
        Assert.Contains("rbac.*.create_permission", caller.Post("keys.createKey", permission).Refused("INSUFFICIENT_PERMISSIONS").Message);
        Assert.Contains("rbac.*.create_role", caller.Post("keys.createKey", role).Refused("INSUFFICIENT_PERMISSIONS").Message);

        // Refused means that nothing was left behind.
        Assert.Equal(0, Client.Get("apis.listKeys", $"apiId={Scene.ApiId}&externalId=nobody").Result.GetProperty("total").GetInt32());
        Assert.Equal(200, WithPermissions("api.*.create_key", "rbac.*.create_permission").Post("keys.createKey", permission).Http.Status);
        Assert.Equal(200, WithPermissions("api.*.create_key", "rbac.*.create_role").Post("keys.createKey", role).Http.Status);
        Assert.Equal(200, caller.Post("keys.createKey", role).Http.Status);
    }

    [Fact]
    public void RecoverableKeysAreShownToThoseWhoMayDecrypt()
    {
        string apiId = V2.CreateApi();
        V2.Post("apis.updateApi", $$"""{"apiId":"{{apiId}}","storeEncryptedKeys":true}""");
        WithPermissions("api.*.create_key").Post("keys.createKey", $$"""{"apiId":"{{apiId}}","recoverable":true}""").Refused("INSUFFICIENT_PERMISSIONS");
        CreatedKey key = Client.CreateKey(apiId, "\"recoverable\":true");
        Assert.Equal(key.Key, Client.Get("keys.getKey", $"keyId={key.KeyId}&decrypt=true").Result.GetProperty("plaintext").GetString());
        Assert.False(Client.Get("keys.getKey", $"keyId={key.KeyId}&decrypt=false").Result.TryGetProperty("plaintext", out _));
        Assert.Equal(key.Key, Client.Get("apis.listKeys", $"apiId={apiId}&decrypt=true").Result.GetProperty("keys")[0].GetProperty("plaintext").GetString());
        V1Client reader = WithPermissions("api.*.read_key", "api.*.read_api");
        reader.Get("keys.getKey", $"keyId={key.KeyId}&decrypt=true").Refused("UNAUTHORIZED");
        reader.Get("apis.listKeys", $"apiId={apiId}&decrypt=true").Refused("UNAUTHORIZED");
        reader.Get("keys.getKey", $"keyId={key.KeyId}&decrypt=yes").Refused("BAD_REQUEST", "decrypt: got string, want boolean");
    }

    [Fact]
    public void MissingForeignAndHiddenKeysLookTheSame()
    {
        CreatedKey deleted = Client.CreateKey(Scene.ApiId);
        Assert.Equal("{}", Client.Post("keys.deleteKey", $$"""{"keyId":"{{deleted.KeyId}}","permanent":true}""").Http.Text);
        V1Client stranger = new(Fixture.Bootstrap.CreateWorkspace().Client);
        V1Client other = WithPermissions("api.*.verify_key");
        foreach ((V1Client caller, string id) in new[] { (Client, deleted.KeyId), (Client, "key_none"), (stranger, Scene.Key.KeyId), (other, Scene.Key.KeyId) })
        {
            caller.Get("keys.getKey", $"keyId={id}").Refused("NOT_FOUND", $"key {id} not found");
            caller.Post("keys.updateRemaining", $$"""{"keyId":"{{id}}","op":"set","value":1}""").Refused("NOT_FOUND", $"key {id} not found");
        }

        stranger.Post("keys.whoami", $$"""{"key":"{{Scene.Key.Key}}"}""").Refused("NOT_FOUND", "key not found");
        other.Post("keys.whoami", $$"""{"key":"{{Scene.Key.Key}}"}""").Refused("NOT_FOUND", "key not found");
        stranger.Post("keys.deleteKey", $$"""{"keyId":"{{Scene.Key.KeyId}}"}""").Refused("NOT_FOUND", $"key {Scene.Key.KeyId} not found");
        stranger.Post("keys.updateKey", $$"""{"keyId":"{{Scene.Key.KeyId}}"}""").Refused("NOT_FOUND", $"key {Scene.Key.KeyId} not found");
        other.Post("keys.deleteKey", $$"""{"keyId":"{{Scene.Key.KeyId}}"}""").Refused("INSUFFICIENT_PERMISSIONS");
        other.Post("keys.updateKey", $$"""{"keyId":"{{Scene.Key.KeyId}}"}""").Refused("INSUFFICIENT_PERMISSIONS");
    }

    [Fact]
    public void Whoami_ShowsTheKey()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"name\":\"n\",\"meta\":{\"a\":1},\"remaining\":5,\"ownerId\":\"o7\",\"environment\":\"e\"");
        JsonElement shown = Client.Post("keys.whoami", $$"""{"key":"{{key.Key}}"}""").Result;
        Assert.Equal(
            ["id", "name", "remaining", "identity", "meta", "createdAt", "enabled", "environment"], shown.EnumerateObject().Select(member => member.Name));
        Assert.Equal((key.KeyId, 5), (shown.GetProperty("id").GetString(), shown.GetProperty("remaining").GetInt32()));
    }

    [Fact]
    public void Update_KeepsSetsAndClears()
    {
        CreatedKey key = V2.CreateKey(Scene.ApiId, """
            "name":"n","meta":{"a":1},"externalId":"u7","expires":4102444800000,"credits":{"remaining":5},
            "ratelimits":[{"name":"other","limit":9,"duration":1000,"autoApply":false}]
            """);
        Update("\"ratelimit\":{\"limit\":5,\"duration\":60000},\"refill\":{\"interval\":\"monthly\",\"amount\":9},\"name\":\"m\"");
        JsonElement shown = V2.GetKey(key.KeyId);
        Assert.Equal("m", shown.GetProperty("name").GetString());
        Assert.Equal("""{"remaining":5,"refill":{"interval":"monthly","amount":9,"refillDay":1}}""", shown.GetProperty("credits").GetRawText());
        Assert.Equal(["default 5", "other 9"], Limits(shown));
        Assert.Equal("""{"a":1}""", shown.GetProperty("meta").GetRawText());

        Update("\"ratelimit\":null,\"name\":null,\"meta\":null,\"ownerId\":null,\"expires\":null,\"refill\":null,\"enabled\":false");
        shown = V2.GetKey(key.KeyId);
        Assert.Equal(["other 9"], Limits(shown));
        Assert.Equal("""{"remaining":5}""", shown.GetProperty("credits").GetRawText());
        Assert.All(new[] { "name", "meta", "identity", "expires" }, member => Assert.False(shown.TryGetProperty(member, out _), member));
        Assert.False(shown.GetProperty("enabled").GetBoolean());

        Update("\"remaining\":null,\"externalId\":\"u8\",\"meta\":{\"b\":2}");
        shown = V2.GetKey(key.KeyId);
        Assert.False(shown.TryGetProperty("credits", out _));
        Assert.Equal("u8", shown.GetProperty("identity").GetProperty("externalId").GetString());
        Update("\"remaining\":0");
        Assert.Equal(0, V2.GetKey(key.KeyId).GetProperty("credits").GetProperty("remaining").GetInt32());

        void Update(string members) => Assert.Equal("{}", Client.Post("keys.updateKey", $$"""{"keyId":"{{key.KeyId}}",{{members}}}""").Http.Text);

        static string[] Limits(JsonElement shown) =>
            [.. shown.GetProperty("ratelimits").EnumerateArray().Select(limit => $"{limit.GetProperty("name").GetString()} {limit.GetProperty("limit")}").Order()];
    }

    [Fact]
    public void Update_RolesAndPermissionsByIdAndByName()
    {
        string name = "made." + Scene.Unique();
        string id = Client.Post("permissions.createPermission", $$"""{"name":"{{name}}"}""").Result.GetProperty("permissionId").GetString()!;
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"permissions\":[\"gone\"]");
        Client.Post("keys.updateKey", $$"""
            {"keyId":"{{key.KeyId}}","permissions":[{"id":"{{id}}"},{"name":"{{name}}"},{"name":"x.{{name}}","create":true}],"roles":[{"name":"r.{{name}}","create":true}]}
            """);
        JsonElement result = Client.Verify(key.Key).Result;
        Assert.Equal([name, "x." + name], result.GetProperty("permissions").EnumerateArray().Select(slug => slug.GetString()));
        Assert.Equal("r." + name, result.GetProperty("roles")[0].GetString());

        Refused("""{"permissions":[{"name":"none.at.all"}]}""", "NOT_FOUND", "permission none.at.all not found");
        Refused("""{"permissions":[{"id":"perm_none","create":true}]}""", "NOT_FOUND", "permission perm_none not found");
        Refused("""{"roles":[{"id":"role_none"}]}""", "NOT_FOUND", "role role_none not found");
        Refused("""{"roles":[{}]}""", "BAD_REQUEST", "roles: each needs an id or a name");
        V1Client caller = WithPermissions("api.*.update_key");
        caller.Post("keys.updateKey", $$"""{"keyId":"{{key.KeyId}}","roles":[{"name":"y.{{name}}","create":true}]}""").Refused("INSUFFICIENT_PERMISSIONS");

        void Refused(string members, string code, string message) =>
            Client.Post("keys.updateKey", $$"""{"keyId":"{{key.KeyId}}",{{members[1..^1]}}}""").Refused(code, message);
    }

    [Theory]
    [InlineData("\"refill\":{\"interval\":\"daily\",\"amount\":5}", "refill: cannot be set on a key with unlimited remaining; set remaining as well")]
    [InlineData("\"remaining\":null,\"refill\":{\"interval\":\"daily\",\"amount\":5}", "refill: cannot be set on a key with unlimited remaining; set remaining as well")]
    [InlineData("\"remaining\":5,\"refill\":{\"interval\":\"daily\",\"amount\":5,\"refillDay\":3}", "when interval is set to 'daily', 'refillDay' must be null.")]
    [InlineData("\"remaining\":-1", "remaining: minimum: got -1, want 0")]
    [InlineData("\"ratelimit\":{}", "ratelimit.limit: is required")]
    [InlineData("\"enabled\":null", "enabled: got null, want boolean")]
    public void Update_Refused400(string members, string message)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        Client.Post("keys.updateKey", $$"""{"keyId":"{{key.KeyId}}",{{members}}}""").Refused("BAD_REQUEST", message);
    }

    [Fact]
    public void UpdateRemaining_MovesTheBalance()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"remaining\":5");
        Assert.Equal("""{"remaining":8}""", Update("increment", "3"));
        Assert.Equal("""{"remaining":0}""", Update("decrement", "100"));
        Assert.Equal("USAGE_EXCEEDED", Client.Verify(key.Key).Code);
        Assert.Equal("""{"remaining":2}""", Update("set", "2"));
        Assert.Equal(1, Client.Verify(key.Key).Result.GetProperty("remaining").GetInt32());
        Assert.Equal("""{"remaining":null}""", Update("set", "null"));
        Refused("increment", "1");
        Refused("decrement", "null");
        Refused("set", "-1");
        Refused("double", "1");
        Client.Post("keys.updateRemaining", $$"""{"keyId":"{{key.KeyId}}","op":"set"}""").Refused("BAD_REQUEST", "value: is required");

        string Update(string op, string value) => Send(op, value).Http.Text;

        void Refused(string op, string value) => Send(op, value).Refused("BAD_REQUEST");

        V1Reply Send(string op, string value) => Client.Post("keys.updateRemaining", $$"""{"keyId":"{{key.KeyId}}","op":"{{op}}","value":{{value}}}""");
    }

    [Fact]
    public void PermissionsAndRolesOfAKey()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        string p = "p." + Scene.Unique();
        string body = $$"""{"keyId":"{{key.KeyId}}","MEMBER":[{"name":"{{p}}","create":true}]}""";
        V1Reply added = Client.Post("keys.addPermissions", body.Replace("MEMBER", "permissions", StringComparison.Ordinal));
        Assert.Equal(p, added.Result[0].GetProperty("name").GetString());
        Assert.Equal(p, Client.Post("keys.addRoles", body.Replace("MEMBER", "roles", StringComparison.Ordinal)).Result[0].GetProperty("name").GetString());
        Client.Post("keys.setPermissions", $$"""{"keyId":"{{key.KeyId}}","permissions":[{"slug":"q.{{p}}","create":true}]}""");
        Assert.Equal($"[\"q.{p}\"]", Client.Verify(key.Key).Result.GetProperty("permissions").GetRawText());
        Client.Post("keys.removePermissions", $$"""{"keyId":"{{key.KeyId}}","permissions":[{"name":"none.at.all","create":true}]}""").Refused("NOT_FOUND");
        Assert.Equal("{}", Client.Post("keys.removePermissions", $$"""{"keyId":"{{key.KeyId}}","permissions":[{"name":"q.{{p}}"}]}""").Http.Text);
        Assert.Equal("{}", Client.Post("keys.removeRoles", $$"""{"keyId":"{{key.KeyId}}","roles":[{"name":"{{p}}"}]}""").Http.Text);
        Assert.Equal("[]", Client.Post("keys.setRoles", $$"""{"keyId":"{{key.KeyId}}","roles":[]}""").Http.Text);
        Assert.Equal(("[]", "[]"), (Raw("permissions"), Raw("roles")));
        WithPermissions("api.*.update_key").Post("keys.addPermissions", body.Replace("MEMBER", "permissions", StringComparison.Ordinal)).Refused("INSUFFICIENT_PERMISSIONS");
        Client.Post("keys.addRoles", $$"""{"keyId":"{{key.KeyId}}"}""").Refused("BAD_REQUEST", "roles: is required");

        string Raw(string member) => Client.Verify(key.Key).Result.GetProperty(member).GetRawText();
    }
}
