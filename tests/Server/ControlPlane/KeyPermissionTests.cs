using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class KeyPermissionTests
{
    private const string Add = "keys.addPermissions";
    private const string Remove = "keys.removePermissions";
    private const string Set = "keys.setPermissions";

    [Fact]
    public async Task AddedPermissionsFollowTheOnesThatWereThere()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","permissions":["m.one","z.two"]""");
        Assert.Equal(["m.one", "z.two", "a.new"], await SlugsAsync(cp, Add, id, "a.new", "z.two", "A.NEW"));
        Assert.Equal(["a.new", "m.one", "z.two"], await SlugsAsync(cp, Add, id, "a.new"));
        Assert.Equal("VALID", (await cp.VerifyAsync(key, ""","permissions":"a.new AND m.one AND z.two" """)).Code);
        Assert.Equal(3, cp.CountAudit("permission.create"));
        Assert.Equal(3, cp.CountAudit("authorization.connect_permission_and_key"));
        JsonElement shown = (await cp.PostAsync(Add, Body(id, "a.new"))).Ok()[0];
        Assert.StartsWith("perm_", shown.GetProperty("id").GetString());
        Assert.Equal("a.new", shown.GetProperty("name").GetString());
        Assert.False(shown.TryGetProperty("description", out _));
    }

    [Fact]
    public async Task RemovalTakesOnlyWhatIsAttachedDirectly()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateRoleAsync("reader", "docs.read");
        (string id, string key) = await cp.CreateKeyAsync(
            await cp.CreateApiAsync(), ""","roles":["reader"],"permissions":["docs.read","docs.write"]""");
        Assert.Equal(["docs.write"], await SlugsAsync(cp, Remove, id, "docs.read"));
        Assert.Equal("VALID", (await cp.VerifyAsync(key, ""","permissions":"docs.read" """)).Code);
        Assert.Equal(["docs.write"], await SlugsAsync(cp, Remove, id, "docs.read"));
        Assert.Equal(1, cp.CountAudit("authorization.disconnect_permission_and_key"));
        Assert.Empty(await SlugsAsync(cp, Remove, id, "docs.write"));
        Assert.Equal("INSUFFICIENT_PERMISSIONS", (await cp.VerifyAsync(key, ""","permissions":"docs.write" """)).Code);
    }

    [Fact]
    public async Task RemovalOfAnUnknownSlugRemovesNothing()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, _) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","permissions":["docs.read"]""");
        string permissionId = (string)cp.Scalar("SELECT id FROM permissions WHERE slug = 'docs.read'")!;
        (_, string foreigner) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync("permissions.createPermission", """{"name":"theirs","slug":"theirs"}""", foreigner)).Ok();
        foreach (string unknown in new[] { "nothing", permissionId, "theirs" })
        {
            Answer answer = (await cp.PostAsync(Remove, Body(id, "docs.read", unknown))).Refused(404, "unkey/data/permission_not_found");
            Assert.Contains(unknown, answer.Detail);
        }

        Assert.Equal(["docs.read"], await SlugsAsync(cp, Add, id, "docs.read"));
    }

    [Fact]
    public async Task SetReplacesAllAndIsSilentWhenNothingChanges()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","permissions":["a","b"]""");
        Assert.Equal(["b", "c"], await SlugsAsync(cp, Set, id, "c", "b"));
        Assert.Equal("INSUFFICIENT_PERMISSIONS", (await cp.VerifyAsync(key, ""","permissions":"a" """)).Code);
        Assert.Equal("VALID", (await cp.VerifyAsync(key, ""","permissions":"b AND c" """)).Code);
        object entries = cp.Scalar("SELECT count(*) FROM audit_log")!;
        Assert.Equal(["b", "c"], await SlugsAsync(cp, Set, id, "b", "c"));
        Assert.Equal(entries, cp.Scalar("SELECT count(*) FROM audit_log"));
        Assert.Empty(await SlugsAsync(cp, Set, id));
        Assert.False((await cp.ShownKeyAsync(id)).TryGetProperty("permissions", out _));
    }

    [Fact]
    public async Task ParallelAddsLoseNothing()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, _) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        string[] slugs = [.. Enumerable.Range(10, 20).Select(static i => $"slug.{i}")];
        await Task.WhenAll(slugs.Select(slug => Task.Run(() => SlugsAsync(cp, Add, id, slug, "shared"))));
        string[] expected = ["shared", .. slugs];
        Assert.Equal(expected, await SlugsAsync(cp, Add, id, "shared"));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM permissions WHERE slug = 'shared'"));
    }

    [Fact]
    public async Task ConcurrentSetsEndInOneOfTheSubmittedSets()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        string[][] sets = [.. Enumerable.Range(0, 12).Select(static i => new[] { $"set.{i:D2}.a", $"set.{i:D2}.b", "set.zz" })];
        await Task.WhenAll(sets.Select(set => Task.Run(() => SlugsAsync(cp, Set, id, set))));
        string[] stored = [.. (await cp.ShownKeyAsync(id)).GetProperty("permissions").EnumerateArray().Select(static slug => slug.GetString()!)];
        Assert.Contains(sets, set => set.SequenceEqual(stored));
        Assert.Equal("VALID", (await cp.VerifyAsync(key, $",\"permissions\":\"{string.Join(" AND ", stored)}\"")).Code);
    }

    [Theory]
    [InlineData(Add, true)]
    [InlineData(Remove, true)]
    [InlineData(Set, false)]
    public async Task ABodyThatIsNotValidIsRefused(string operation, bool needsItems)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, _) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        string path = "/v2/" + operation;
        (await cp.PostAsync(operation, """{"permissions":["a"]}""")).Invalid(path, "/required");
        (await cp.PostAsync(operation, """{"keyId":"","permissions":["a"]}""")).Refused(400, "unkey/application/invalid_input");
        (await cp.PostAsync(operation, """{"keyId":"ab","permissions":["a"]}""")).Invalid(path, "/properties/keyId/minLength");
        (await cp.PostAsync(operation, $$"""{"keyId":"{{id}}"}""")).Invalid(path, "/required");
        (await cp.PostAsync(operation, $$"""{"keyId":"{{id}}","permissions":"a"}""")).Invalid(path, "/properties/permissions/type");
        (await cp.PostAsync(operation, Body(id, ""))).Refused(400, "unkey/application/invalid_input");
        (await cp.PostAsync(operation, Body(id, "a/b"))).Invalid(path, "/properties/permissions/items/pattern");
        (await cp.PostAsync(operation, "{")).Refused(400, "unkey/application/invalid_input");
        Answer empty = await cp.PostAsync(operation, Body(id));
        Assert.Equal(needsItems ? 400 : 200, empty.Status);
        (await cp.PostAsync(operation, Body("key_short", "a"))).Refused(404, "unkey/data/key_not_found");
    }

    [Theory]
    [InlineData(Add, "rbac.*.add_permission_to_key")]
    [InlineData(Remove, "rbac.*.remove_permission_from_key")]
    [InlineData(Set, "rbac.*.add_permission_to_key", "rbac.*.remove_permission_from_key")]
    public async Task ATupleNeedsTheRbacPermissionsBesideItAndAResourceNameDoesNot(string operation, params string[] rbac)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string id, _) = await cp.CreateKeyAsync(api, ""","permissions":["known"]""");
        string urn = $"unkey:v1:{cp.WorkspaceId}:keyspaces/*/keys/{id}#update_key";
        string[][] refused =
        [
            [], ["some.other.permission"], ["api.read.update_key"], ["api.*.read_key", "rbac.*.create_permission"], rbac, ["api.*.update_key"],
            ["identity.*.update_identity"], ["api.api_other.update_key", .. rbac], ["api.*.update_key", .. rbac.Skip(1)],
        ];
        foreach (string[] permissions in refused)
        {
            Answer answer = (await cp.PostAsync(operation, Body(id, "known"), await cp.RootKeyWithAsync(permissions)))
                .Refused(403, "unkey/authorization/insufficient_permissions");
            Assert.Contains("Missing one of these permissions", answer.Detail);
        }

        foreach (string[] permissions in new string[][] { [urn], [$"api.{api}.update_key", .. rbac], ["api.*.update_key", .. rbac] })
        {
            (await cp.PostAsync(operation, Body(id, "known"), await cp.RootKeyWithAsync(permissions))).Ok();
        }

        (_, string foreigner) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(operation, Body(id, "known"), foreigner)).Refused(404, "unkey/data/key_not_found");
    }

    [Theory]
    [InlineData(Add)]
    [InlineData(Set)]
    public async Task CreatingAMissingSlugTakesAPermissionOfItsOwn(string operation)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, _) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","permissions":["known"]""");
        string urn = $"unkey:v1:{cp.WorkspaceId}:keyspaces/*/keys/{id}#update_key";
        (await cp.PostAsync(operation, Body(id, "known", "unknown"), await cp.RootKeyWithAsync(urn)))
            .Refused(403, "unkey/authorization/insufficient_permissions");
        Assert.Equal(0L, cp.Scalar("SELECT count(*) FROM permissions WHERE slug = 'unknown'"));
        string creator = await cp.RootKeyWithAsync(urn, $"unkey:v1:{cp.WorkspaceId}:rbac/permissions/*#create_permission");
        Assert.Equal(2, (await cp.PostAsync(operation, Body(id, "known", "perm_1234"), creator)).Ok().GetArrayLength());
        Assert.Equal("perm_1234", cp.Scalar("SELECT name FROM permissions WHERE slug = 'perm_1234'"));
    }

    private static async Task<string[]> SlugsAsync(ControlPlaneFixture cp, string operation, string id, params string[] slugs) =>
        [.. (await cp.PostAsync(operation, Body(id, slugs))).Ok().EnumerateArray().Select(static item => item.GetProperty("slug").GetString()!)];

    private static string Body(string id, params string[] slugs) => $$"""{"keyId":"{{id}}","permissions":{{JsonSerializer.Serialize(slugs)}}}""";
}
