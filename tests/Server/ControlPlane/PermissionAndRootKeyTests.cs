using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Callers;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class PermissionAndRootKeyTests
{
    [Fact]
    public async Task ASlugIsTakenOnceWhateverItsCase()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string id = (await cp.PostAsync("permissions.createPermission", """{"name":"N","slug":"Mixed123.Case","description":"d"}"""))
            .Ok().GetProperty("permissionId").GetString()!;
        Assert.Matches("^perm_[0-9A-Za-z]{9}$", id);
        Assert.Equal("Mixed123.Case", cp.Scalar($"SELECT slug FROM permissions WHERE id = '{id}' AND description = 'd'"));
        foreach (string slug in new[] { "Mixed123.Case", "mixed123.case" })
        {
            Answer taken = (await cp.PostAsync("permissions.createPermission", $$"""{"name":"other","slug":"{{slug}}"}"""))
                .Refused(409, "unkey/data/permission_already_exists");
            Assert.Equal($"A permission with slug '{slug}' already exists in this workspace", taken.Detail);
        }

        foreach (string slug in new[] { "simple", "with-dashes", "with_underscores", "with.periods", "all-valid_chars.123", "a:b", "*" })
        {
            (await cp.PostAsync("permissions.createPermission", $$"""{"name":"n","slug":"{{slug}}","description":""}""")).Ok();
        }

        Answer denied = (await cp.PostAsync("permissions.createPermission", """{"name":"n","slug":"x"}""", await cp.RootKeyWithAsync("rbac.*.read_permission")))
            .Refused(403, "unkey/authorization/insufficient_permissions");
        Assert.Equal("Missing permission: 'rbac.*.create_permission'", denied.Detail);
        (await cp.PostAsync("permissions.createPermission", """{"name":"","slug":"test@slug"}""")).Invalid(
            "/v2/permissions.createPermission", "/properties/name/minLength", "/properties/slug/pattern");
    }

    [Fact]
    public async Task ARootKeyHandsOutOnlyWhatItHas()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string root = await cp.RootKeyWithAsync("root_key.*.create_root_key", "api.*.read_api", $"unkey:v1:{cp.WorkspaceId}:keyspaces/ks_1/**#read_key");
        string Body(string permission) => $$"""{"name":"child","permissions":["{{permission}}"]}""";
        foreach (string held in new[]
        {
            "api.*.read_api", "api.api_12345678.read_api", $"unkey:v1:{cp.WorkspaceId}:keyspaces/ks_1/keys/*#read_key",
            $"unkey:v1:{cp.WorkspaceId}:keyspaces/ks_1/keys/**#read_key", "root_key.*.create_root_key",
        })
        {
            (await cp.PostAsync("rootKeys.createRootKey", Body(held), root)).Ok();
        }

        foreach (string lacking in new[]
        {
            "api.*.create_api", $"unkey:v1:{cp.WorkspaceId}:**#*", $"unkey:v1:{cp.WorkspaceId}:keyspaces/**#read_key",
            $"unkey:v1:{cp.WorkspaceId}:keyspaces/ks_1/keys/*#update_key", "unkey:v1:ws_other:keyspaces/ks_1/keys/k#read_key", "anything",
        })
        {
            Answer denied = (await cp.PostAsync("rootKeys.createRootKey", Body(lacking), root))
                .Refused(403, "unkey/authorization/insufficient_permissions");
            Assert.Equal($"Missing permission: '{lacking}'", denied.Detail);
        }

        (await cp.PostAsync("rootKeys.createRootKey", """{"permissions":[]}""", root))
            .Invalid("/v2/rootKeys.createRootKey", "/properties/permissions/minItems");
        (await cp.PostAsync("rootKeys.createRootKey", Body("api.*.read_api"), await cp.RootKeyWithAsync("api.*.read_api")))
            .Refused(403, "unkey/authorization/insufficient_permissions");
    }

    [Theory]
    [InlineData("unkey:v1:ws:keyspaces/*#read_key", "unkey:v1:ws:keyspaces/**#read_key", false)]
    [InlineData("unkey:v1:ws:keyspaces/*/keys/*#read_key", "unkey:v1:ws:keyspaces/ks/keys/**#read_key", false)]
    [InlineData("unkey:v1:ws:keyspaces/**#read_key", "unkey:v1:ws:keyspaces/*/keys/*#read_key", true)]
    [InlineData("unkey:v1:ws:**#read_key", "unkey:v1:ws:**#*", false)]
    [InlineData("unkey:v1:ws:**#*", "unkey:v1:ws:keyspaces/**#read_key", true)]
    [InlineData("unkey:v1:ws:**#*", "unkey:v1:ws:**#*", true)]
    [InlineData("unkey:v1:ws:keyspaces/ks/keys/k#read_key", "unkey:v1:ws:keyspaces/*/keys/k#read_key", false)]
    [InlineData("api.*.read_key", "api.x.read_key", true)]
    [InlineData("api.x.read_key", "api.*.read_key", false)]
    [InlineData("api.*.read_key", "ratelimit.x.read_key", false)]
    [InlineData("api.*.*", "api.x.read_key", false)]
    public void AWildcardNeverGrowsWhenItIsHandedOn(string held, string wanted, bool included) =>
        Assert.Equal(included, GrantRules.Includes("ws", new HashSet<string> { held }, wanted));

    [Fact]
    public void TheBareWildcardIsForThoseWhoHaveEverythingElse()
    {
        HashSet<string> held = [.. RootPermissions.AllOf("ws")];
        Assert.True(GrantRules.Includes("ws", held, "*"));
        Assert.False(GrantRules.Includes("ws_other", held, "*"));
        Assert.True(GrantRules.Includes("ws_other", new HashSet<string> { "*" }, "*"));
        foreach (string permission in RootPermissions.AllOf("ws"))
        {
            Assert.False(GrantRules.Includes("ws", held.Where(other => other != permission).ToHashSet(), "*"), permission);
        }
    }

    [Fact]
    public async Task RootKeysAreMadeListedAndRevoked()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Answer created = await cp.PostAsync(
            "rootKeys.createRootKey", """{"name":"ci","permissions":["api.*.create_api","api.*.create_api"],"expires":4000000000000}""");
        created.Ok();
        (string id, string key) = (created.Field("keyId"), created.Field("key"));
        Assert.Matches("^unkey_[1-9A-HJ-NP-Za-km-z]{40,44}$", key);
        await cp.CreateApiAsync(key);
        (await cp.PostAsync("rootKeys.listRootKeys", "{}", key)).Refused(403, "unkey/authorization/insufficient_permissions");
        (_, string otherRoot) = await cp.CreateWorkspaceAsync();

        Answer list = await cp.PostAsync("rootKeys.listRootKeys", "{}");
        list.Ok();
        Assert.Equal(2, list.Data.GetArrayLength());
        Assert.Equal("""{"hasMore":false}""", list.Root.GetProperty("pagination").GetRawText());
        JsonElement row = list.Data.EnumerateArray().Single(item => item.GetProperty("keyId").GetString() == id);
        Assert.Equal(["keyId", "name", "start", "permissions", "createdAt", "expires"], row.EnumerateObject().Select(member => member.Name));
        Assert.Equal("""["api.*.create_api"]""", row.GetProperty("permissions").GetRawText());
        Assert.Equal(key[..10], row.GetProperty("start").GetString());
        Assert.DoesNotContain(key, list.Text);

        HashSet<string> seen = [];
        string? cursor = null;
        do
        {
            Answer page = await cp.PostAsync("rootKeys.listRootKeys", cursor is null ? """{"limit":1}""" : $$"""{"limit":1,"cursor":"{{cursor}}"}""");
            Assert.True(seen.Add(Assert.Single(page.Ok().EnumerateArray()).GetProperty("keyId").GetString()!));
            JsonElement pagination = page.Root.GetProperty("pagination");
            cursor = pagination.GetProperty("hasMore").GetBoolean() ? pagination.GetProperty("cursor").GetString() : null;
        }
        while (cursor is not null);
        Assert.Equal(2, seen.Count);

        (await cp.PostAsync("rootKeys.deleteRootKey", $$"""{"keyId":"{{id}}"}""", otherRoot)).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync("rootKeys.deleteRootKey", $$"""{"keyId":"{{id}}"}""")).Ok();
        (await cp.PostAsync("rootKeys.deleteRootKey", $$"""{"keyId":"{{id}}"}""")).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync("apis.createApi", """{"name":"abc"}""", key)).Refused(401, "unkey/authentication/key_not_found");
    }

    [Fact]
    public async Task AnOrdinaryKeyCannotBeRevokedAsARootKey()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        (await cp.PostAsync("rootKeys.deleteRootKey", $$"""{"keyId":"{{id}}"}""")).Refused(404, "unkey/data/key_not_found");
        Assert.Equal("VALID", (await cp.VerifyAsync(key)).Code);
    }

    [Fact]
    public async Task ANewWorkspaceIsSeparateAndItsRootKeyStaysInside()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string workspaceId, string root) = await cp.CreateWorkspaceAsync();
        Assert.Matches("^ws_[0-9A-Za-z]{9}$", workspaceId);
        string api = await cp.CreateApiAsync(root);
        (_, string key) = await cp.CreateKeyAsync(api, bearer: root);
        Assert.Equal("VALID", (await cp.VerifyAsync(key, bearer: root)).Code);
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync(key)).Code);
        (await cp.PostAsync("apis.getApi", $$"""{"apiId":"{{api}}"}""")).Refused(404, "unkey/data/api_not_found");
        (await cp.PostAsync("workspaces.createWorkspace", """{"name":"again"}""", root)).Refused(403, "unkey/authorization/insufficient_permissions");
        Assert.Single((await cp.PostAsync("rootKeys.listRootKeys", "{}", root)).Ok().EnumerateArray());
    }
}
