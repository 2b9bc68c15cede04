using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class RoleOperationTests
{
    private const string Create = "permissions.createRole";
    private const string Get = "permissions.getRole";
    private const string List = "permissions.listRoles";
    private const string Delete = "permissions.deleteRole";
    private const string Set = "permissions.setRolePermissions";
    private const string NotFound = "unkey/data/role_not_found";
    private const string Exists = "unkey/data/role_already_exists";
    private const string Denied = "unkey/authorization/insufficient_permissions";

    [Fact]
    public async Task ARoleIsMadeWithItsPermissionsAndTellsTheAuditLog()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync("permissions.createPermission", """{"name":"read","slug":"Docs.Read"}""")).Ok();
        JsonElement data = (await cp.PostAsync(Create, """{"name":"editor","description":"edits","permissions":["docs.read","docs.edit","DOCS.EDIT"]}""")).Ok();
        string id = data.GetProperty("roleId").GetString()!;
        Assert.Equal($$"""{"roleId":"{{id}}"}""", data.GetRawText());

        JsonElement role = (await cp.PostAsync(Get, """{"role":"EDITOR"}""")).Ok();
        Assert.Equal("editor", role.GetProperty("name").GetString());
        Assert.Equal("edits", role.GetProperty("description").GetString());
        Assert.Equal(
            ["Docs.Read", "docs.edit"],
            role.GetProperty("permissions").EnumerateArray().Select(static item => item.GetProperty("slug").GetString()!).Order(StringComparer.Ordinal));
        JsonElement[] events = [.. (await cp.PostAsync("audit.listEvents", $$"""{"resource":"{{id}}"}""")).Ok().EnumerateArray().Reverse()];
        Assert.Equal(
            ["role.create", "authorization.connect_role_and_permission", "authorization.connect_role_and_permission"],
            events.Select(static item => item.GetProperty("event").GetString()!));
        Assert.Single(events.Select(static item => item.GetProperty("correlationId").GetString()).Distinct());
        string made = (await cp.PostAsync("permissions.getPermission", """{"permission":"docs.edit"}""")).Ok().GetProperty("id").GetString()!;
        Assert.Equal(
            ["permission.create", "authorization.connect_role_and_permission"],
            (await cp.PostAsync("audit.listEvents", $$"""{"resource":"{{made}}"}""")).Each("event").Reverse());

        string plain = (await cp.PostAsync(Create, """{"name":"viewer","permissions":[]}""", await cp.RootKeyWithAsync("rbac.*.create_role"))).Ok()
            .GetProperty("roleId").GetString()!;
        Assert.Equal($$"""{"id":"{{plain}}","name":"viewer"}""", (await cp.PostAsync(Get, $$"""{"role":"{{plain}}"}""")).Ok().GetRawText());
    }

    [Fact]
    public async Task ARoleNameIsTakenInAnyCase()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync(Create, """{"name":"Editor"}""")).Ok();
        Answer again = (await cp.PostAsync(Create, """{"name":"eDITOR","permissions":["new.slug"]}""")).Refused(409, Exists);
        Assert.Equal("A role with name 'eDITOR' already exists in this workspace", again.Detail);
        Assert.Equal(0L, cp.Scalar("SELECT count(*) FROM permissions WHERE slug = 'new.slug'"));
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Create, """{"name":"Editor"}""", foreign)).Ok();
        (await cp.PostAsync(Create, "{}")).Invalid("/v2/" + Create, "/required");
        (await cp.PostAsync(Create, """{"name":""}""")).Invalid("/v2/" + Create, "/properties/name/minLength");
        (await cp.PostAsync(Create, $$"""{"name":"x","description":"{{new string('d', 513)}}"}""")).Invalid("/v2/" + Create, "/properties/description/maxLength");
    }

    [Fact]
    public async Task ARefusedRoleLeavesNothingBehind()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync("permissions.createPermission", """{"name":"old","slug":"Old.Slug"}""")).Ok();
        const string Body = """{"name":"editor","permissions":["old.slug","new.slug"]}""";
        string reader = await cp.RootKeyWithAsync("rbac.*.read_role");
        Assert.Contains("Missing one of these permissions", (await cp.PostAsync(Create, Body, reader)).Refused(403, Denied).Detail);
        string noLink = await cp.RootKeyWithAsync("rbac.*.create_role", "rbac.*.create_permission");
        Assert.Equal("Missing permission: 'rbac.*.add_permission_to_role'", (await cp.PostAsync(Create, Body, noLink)).Refused(403, Denied).Detail);
        string noCreate = await cp.RootKeyWithAsync("rbac.*.create_role", "rbac.*.add_permission_to_role");
        Assert.Equal("Missing permission: 'rbac.*.create_permission'", (await cp.PostAsync(Create, Body, noCreate)).Refused(403, Denied).Detail);
        Assert.Equal(0L, cp.Scalar("SELECT count(*) FROM roles"));
        Assert.Equal(0L, cp.Scalar("SELECT count(*) FROM permissions WHERE slug = 'new.slug'"));
        (await cp.PostAsync(Create, """{"name":"editor","permissions":["OLD.SLUG"]}""", noCreate)).Ok();
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Create, """{"name":"foreign"}""", foreign)).Ok();
        (await cp.PostAsync(Get, """{"role":"foreign"}""")).Refused(404, NotFound);
    }

    [Fact]
    public async Task ConcurrentRolesWithOneMissingSlugShareOnePermission()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => cp.PostAsync(
            Create, $$"""{"name":"role {{i}}","permissions":["common.slug"]}"""))));
        Assert.All(answers, static answer => answer.Ok());
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM permissions WHERE slug_key = 'common.slug'"));
        Assert.Equal(20L, cp.Scalar("SELECT count(*) FROM roles_permissions"));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM audit_log WHERE event = 'permission.create'"));

        answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(() => cp.PostAsync(
            Create, $$"""{"name":"{{(i % 2 == 0 ? "Same" : "same")}}"}"""))));
        Assert.Single(answers, static answer => answer.Status == 200);
        Assert.All(answers.Where(static answer => answer.Status != 200), static answer => answer.Refused(409, Exists));
    }

    [Fact]
    public async Task RolesAreListedWithTheirPermissionsAndSearched()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Assert.Equal(0, (await cp.PostAsync(List, "{}")).Ok().GetArrayLength());
        string finance = await cp.CreateRoleAsync("admin.finance", "a.b", "c.d");
        (await cp.PostAsync(Create, """{"name":"viewer.reports","description":"monthly reporting"}""")).Ok();
        await cp.CreateRoleAsync("support_100%");
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Create, """{"name":"finance of others"}""", foreign)).Ok();
        foreach ((string search, string[] found) in new (string, string[])[]
        {
            ("finance", ["admin.finance"]),
            (finance, ["admin.finance"]),
            ("reporting", ["viewer.reports"]),
            ("FINANCE", ["admin.finance"]),
            ("100%", ["support_100%"]),
            ("s_pport", []),
            ("a.b", []),
            ("   ", ["admin.finance", "support_100%", "viewer.reports"]),
        })
        {
            Answer answer = await cp.PostAsync(List, JsonSerializer.Serialize(new Dictionary<string, string> { ["search"] = search }));
            Assert.Equal(found, answer.Each("name").Order(StringComparer.Ordinal));
        }

        JsonElement row = (await cp.PostAsync(List, """{"search":"finance"}""")).Ok()[0];
        Assert.Equal(2, row.GetProperty("permissions").GetArrayLength());
        Answer page = await cp.PostAsync(List, """{"limit":2}""");
        Assert.True(page.HasMore);
        Assert.Single((await cp.PostAsync(List, $$"""{"limit":2,"cursor":"{{page.Cursor}}"}""")).Each("id"));
        (await cp.PostAsync(List, "{}", await cp.RootKeyWithAsync("rbac.*.create_role"))).Refused(403, Denied);
    }

    [Fact]
    public async Task ADeletedRoleIsGoneFromEveryKeyAtOnce()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string role = await cp.CreateRoleAsync("editor", "docs.edit");
        (_, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","roles":["editor"]""");
        (await cp.PostAsync(Delete, """{"role":"editor"}""", await cp.RootKeyWithAsync("rbac.*.read_role"))).Refused(403, Denied);
        (await cp.PostAsync(Delete, """{"role":"editor"}""", await cp.RootKeyWithAsync(""))).Refused(403, Denied);
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Delete, $$"""{"role":"{{role}}"}""", foreign)).Refused(404, NotFound);
        Assert.True((await cp.VerifyAsync(key)).Has("roles"));

        Assert.Equal("{}", (await cp.PostAsync(Delete, """{"role":"Editor"}""")).Ok().GetRawText());
        Answer after = await cp.VerifyAsync(key, ""","permissions":"docs.edit" """);
        Assert.Equal("INSUFFICIENT_PERMISSIONS", after.Code);
        Assert.False(after.Has("roles"));
        Assert.Equal(0L, cp.Scalar("SELECT count(*) FROM keys_roles"));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM permissions WHERE slug = 'docs.edit'"));
        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM audit_log WHERE event = 'role.delete' AND resource_id = '{role}'"));
        (await cp.PostAsync(Delete, $$"""{"role":"{{role}}"}""")).Refused(404, NotFound);
        (await cp.PostAsync(Get, """{"role":"odd / value"}""")).Refused(404, NotFound);
    }

    [Fact]
    public async Task TheWholeSetOfARoleIsReplacedAndSeenByItsKeysAtOnce()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string role = await cp.CreateRoleAsync("editor", "old.permission", "keep.permission");
        (_, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","roles":["editor"]""");
        string body = $$"""{"roleId":"{{role}}","permissions":["KEEP.Permission","new.permission","NEW.Permission"]}""";
        Assert.Equal(["keep.permission", "new.permission"], (await cp.PostAsync(Set, body)).Each("slug"));
        Assert.Equal("""["keep.permission","new.permission"]""", (await cp.VerifyAsync(key)).Data.GetProperty("permissions").GetRawText());
        Assert.Equal(["keep.permission", "new.permission"], (await cp.PostAsync(Set, body)).Each("slug"));
        JsonElement[] events =
        [
            .. (await cp.PostAsync("audit.listEvents", $$"""{"resource":"{{role}}"}""")).Ok().EnumerateArray()
                .Where(static item => item.GetProperty("event").GetString() != "authorization.connect_role_and_key"),
        ];
        Assert.Equal(
            ["authorization.connect_role_and_permission", "authorization.disconnect_role_and_permissions"],
            events.Select(static item => item.GetProperty("event").GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal(events[0].GetProperty("correlationId").GetString(), events[1].GetProperty("correlationId").GetString());

        Answer cleared = await cp.PostAsync(Set, $$"""{"roleId":"{{role}}","permissions":[]}""");
        Assert.Equal("[]", cleared.Ok().GetRawText());
        Assert.False(cleared.Root.TryGetProperty("pagination", out _));
        Assert.False((await cp.VerifyAsync(key)).Has("permissions"));
    }

    [Fact]
    public async Task TheSetOfARoleIsRefusedWithoutChange()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string role = await cp.CreateRoleAsync("editor", "old.permission");
        string clear = $$"""{"roleId":"{{role}}","permissions":[]}""";
        (await cp.PostAsync(Set, clear, await cp.RootKeyWithAsync("rbac.*.add_permission_to_role"))).Refused(403, Denied);
        (await cp.PostAsync(Set, clear, await cp.RootKeyWithAsync("rbac.*.remove_permission_from_role"))).Refused(403, Denied);
        string both = await cp.RootKeyWithAsync("rbac.*.add_permission_to_role", "rbac.*.remove_permission_from_role");
        string add = $$"""{"roleId":"{{role}}","permissions":["new.one"]}""";
        (await cp.PostAsync(Set, add, both)).Refused(403, Denied);
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM roles_permissions"));
        Assert.Equal(0L, cp.Scalar("SELECT count(*) FROM permissions WHERE slug = 'new.one'"));
        string urn = await cp.RootKeyWithAsync(
            "rbac.*.add_permission_to_role", "rbac.*.remove_permission_from_role", $"unkey:v1:{cp.WorkspaceId}:rbac/permissions/*#create_permission");
        (await cp.PostAsync(Set, add, urn)).Ok();
        (await cp.PostAsync(Set, """{"roleId":"role_missing","permissions":[]}""")).Refused(404, NotFound);
        (await cp.PostAsync(Set, """{"roleId":"editor","permissions":[]}""")).Refused(404, NotFound);
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Set, clear, foreign)).Refused(404, NotFound);
        (await cp.PostAsync(Set, """{"permissions":[]}""")).Invalid("/v2/" + Set, "/required");
        (await cp.PostAsync(Set, $$"""{"roleId":"{{role}}"}""")).Invalid("/v2/" + Set, "/required");
        (await cp.PostAsync(Set, $$"""{"roleId":"{{role}}","permissions":[""]}""")).Refused(400, "unkey/application/invalid_input");
    }

    [Fact]
    public async Task TwoRolesSetToOneMissingSlugShareOnePermission()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string[] roles = [await cp.CreateRoleAsync("one"), await cp.CreateRoleAsync("two")];
        Answer[] answers = await Task.WhenAll(roles.Select(role => Task.Run(() => cp.PostAsync(
            Set, $$"""{"roleId":"{{role}}","permissions":["common.slug"]}"""))));
        Assert.All(answers, static answer => answer.Ok());
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM permissions WHERE slug = 'common.slug'"));
        Assert.Equal(2L, cp.Scalar("SELECT count(*) FROM roles_permissions"));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM audit_log WHERE event = 'permission.create'"));
    }
}
