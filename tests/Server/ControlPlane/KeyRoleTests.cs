using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Storage.Statements;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class KeyRoleTests
{
    private const string Add = "keys.addRoles";
    private const string Remove = "keys.removeRoles";
    private const string Set = "keys.setRoles";

    [Fact]
    public async Task AddedRolesFollowTheOnesThatWereThere()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateRoleAsync("Zeta Role", "z.use");
        await cp.CreateRoleAsync("alpha");
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","roles":["Zeta Role"]""");
        Assert.Equal(["Zeta Role", "alpha"], await NamesAsync(cp, Add, id, "alpha", "zeta role", "alpha"));
        Assert.Equal(2, cp.CountAudit("authorization.connect_role_and_key"));
        await NamesAsync(cp, Add, id, "alpha");
        Assert.Equal(2, cp.CountAudit("authorization.connect_role_and_key"));
        Assert.Equal("VALID", (await cp.VerifyAsync(key, ""","permissions":"z.use" """)).Code);

        JsonElement shown = (await cp.PostAsync(Add, Body(id, "alpha"))).Ok();
        JsonElement zeta = shown.EnumerateArray().Single(static role => role.GetProperty("name").GetString() == "Zeta Role");
        Assert.Equal("z.use", zeta.GetProperty("permissions")[0].GetProperty("slug").GetString());
        JsonElement alpha = shown.EnumerateArray().Single(static role => role.GetProperty("name").GetString() == "alpha");
        Assert.False(alpha.TryGetProperty("permissions", out _));
        Assert.False(alpha.TryGetProperty("description", out _));
    }

    [Fact]
    public async Task RemovedAndReplacedRolesStopCountingAtOnce()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateRoleAsync("a", "a.use");
        await cp.CreateRoleAsync("b", "b.use");
        await cp.CreateRoleAsync("c", "c.use");
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","roles":["a","b"]""");
        Assert.Equal(["b"], await NamesAsync(cp, Remove, id, "a", "c"));
        Assert.Equal("INSUFFICIENT_PERMISSIONS", (await cp.VerifyAsync(key, ""","permissions":"a.use" """)).Code);
        Assert.Equal(1, cp.CountAudit("authorization.disconnect_role_and_key"));
        Assert.Equal(["a", "c"], await NamesAsync(cp, Set, id, "c", "a"));
        Assert.Equal("VALID", (await cp.VerifyAsync(key, ""","permissions":"a.use AND c.use" """)).Code);
        object entries = cp.Scalar("SELECT count(*) FROM audit_log")!;
        Assert.Equal(["a", "c"], await NamesAsync(cp, Set, id, "a", "c"));
        Assert.Equal(entries, cp.Scalar("SELECT count(*) FROM audit_log"));
        Assert.Empty(await NamesAsync(cp, Set, id));
    }

    [Theory]
    [InlineData(Add)]
    [InlineData(Remove)]
    [InlineData(Set)]
    public async Task OneUnknownRoleAmongSeveralChangesNothing(string operation)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateRoleAsync("kept");
        string otherId = await cp.CreateRoleAsync("other");
        (string workspace, _) = await cp.CreateWorkspaceAsync();
        await cp.WriteAsync(session =>
        {
            session.InsertRole(new("role_theirs", "theirs", null), workspace, "theirs", 1);
            return 0;
        });
        (string id, _) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","roles":["kept"]""");
        foreach (string unknown in new[] { "nobody", otherId, "theirs", "role_theirs" })
        {
            foreach (string[] names in new[] { new[] { unknown, "other", "kept" }, ["other", "kept", unknown] })
            {
                Answer answer = (await cp.PostAsync(operation, Body(id, names))).Refused(404, "unkey/data/role_not_found");
                Assert.Contains(unknown, answer.Detail);
            }
        }

        Assert.Equal("""["kept"]""", (await cp.ShownKeyAsync(id)).GetProperty("roles").GetRawText());
    }

    [Fact]
    public async Task ConcurrentSetsEndInExactlyOneRole()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string[] names = [.. Enumerable.Range(0, 12).Select(static i => $"role {i}")];
        foreach (string name in names)
        {
            await cp.CreateRoleAsync(name);
        }

        (string id, _) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        await Task.WhenAll(names.Select(name => Task.Run(() => NamesAsync(cp, Set, id, name))));
        Assert.Equal(1, (await cp.ShownKeyAsync(id)).GetProperty("roles").GetArrayLength());
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
        (await cp.PostAsync(operation, """{"roles":["a"]}""")).Invalid(path, "/required");
        (await cp.PostAsync(operation, """{"keyId":"ab","roles":["a"]}""")).Invalid(path, "/properties/keyId/minLength");
        (await cp.PostAsync(operation, $$"""{"keyId":"{{id}}"}""")).Invalid(path, "/required");
        (await cp.PostAsync(operation, Body(id, ""))).Invalid(path, "/properties/roles/items/minLength");
        (await cp.PostAsync(operation, Body(id, [.. Enumerable.Range(0, 101).Select(static i => $"r{i}")])))
            .Invalid(path, "/properties/roles/maxItems");
        (await cp.PostAsync(operation, "[")).Refused(400, "unkey/application/invalid_input");
        Assert.Equal(needsItems ? 400 : 200, (await cp.PostAsync(operation, Body(id))).Status);
        (await cp.PostAsync(operation, Body("key_unknown", "a"))).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{id}}"}""")).Ok();
        (await cp.PostAsync(operation, Body(id, "a"))).Refused(404, "unkey/data/key_not_found");
    }

    [Fact]
    public async Task OnlyAddRolesAsksForAnRbacPermission()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateRoleAsync("a");
        string api = await cp.CreateApiAsync();
        (string id, _) = await cp.CreateKeyAsync(api);
        string[][] never =
        [
            [], ["api.read.update_key"], ["different.permission.scope"], ["api.specific.update_key"],
            ["api.*.create_key", "api.*.delete_key", "api.*.read_key", "rbac.*.read_role"],
        ];
        foreach (string operation in new[] { Add, Remove, Set })
        {
            foreach (string[] permissions in never)
            {
                Answer answer = (await cp.PostAsync(operation, Body(id, "a"), await cp.RootKeyWithAsync(permissions)))
                    .Refused(403, "unkey/authorization/insufficient_permissions");
                Assert.Contains("Missing one of these permissions", answer.Detail);
            }
        }

        string updater = await cp.RootKeyWithAsync("api.*.update_key");
        (await cp.PostAsync(Add, Body(id, "a"), updater)).Refused(403, "unkey/authorization/insufficient_permissions");
        (await cp.PostAsync(Set, Body(id, "a"), updater)).Ok();
        (await cp.PostAsync(Remove, Body(id, "a"), updater)).Ok();
        (await cp.PostAsync(Add, Body(id, "a"), await cp.RootKeyWithAsync($"api.{api}.update_key", "rbac.*.add_role_to_key"))).Ok();
        (await cp.PostAsync(Add, Body(id, "a"), await cp.RootKeyWithAsync($"unkey:v1:{cp.WorkspaceId}:keyspaces/*/keys/*#update_key"))).Ok();
        (_, string foreigner) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Add, Body(id, "a"), foreigner)).Refused(404, "unkey/data/key_not_found");
    }

    private static async Task<string[]> NamesAsync(ControlPlaneFixture cp, string operation, string id, params string[] names) =>
        [.. (await cp.PostAsync(operation, Body(id, names))).Ok().EnumerateArray().Select(static item => item.GetProperty("name").GetString()!)];

    private static string Body(string id, params string[] names) => $$"""{"keyId":"{{id}}","roles":{{JsonSerializer.Serialize(names)}}}""";
}
