using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>permissions.createRole, getRole, listRoles, deleteRole and setRolePermissions, grouped by status.</summary>
public sealed class RolesTests(ServerFixture fixture) : TcpTests(fixture)
{
    [Fact]
    public void Created200FoundByIdAndByNameInAnyCase()
    {
        string name = "Billing Admin " + Scene.Unique();
        string id = Create(Client, name, ",\"description\":\"pays\",\"permissions\":[\"bills.read\",\"bills.pay\"]").Data.Text("roleId");
        Assert.Matches("^role_[a-zA-Z0-9]{9}$", id);
        foreach (string known in new[] { id, name, name.ToUpperInvariant() })
        {
            JsonElement role = Get(Client, known).Data;
            Assert.Equal((id, name, "pays"), (role.Text("id"), role.Text("name"), role.Text("description")));
            Assert.Equal(["bills.pay", "bills.read"], role.GetProperty("permissions").Each("slug").Order());
            Assert.All(role.GetProperty("permissions").EnumerateArray(), static permission => Assert.Equal(permission.Text("slug"), permission.Text("name")));
        }

        string bare = Create(Client, "bare " + name, ",\"permissions\":[]").Data.Text("roleId");
        Assert.Equal(["id", "name"], Get(Client, bare).Data.Names());
    }

    [Fact]
    public void Created200TheAuditLogHasTheRoleItsLinksAndNewPermissions()
    {
        string existing = "existing." + Scene.Unique();
        string missing = "missing." + Scene.Unique();
        string existingId = Client.Post("permissions.createPermission", $$"""{"name":"n","slug":"{{existing}}"}""").Data.Text("permissionId");
        string id = Create(Client, Scene.Unique(), $",\"permissions\":[\"{existing}\",\"{missing}\"]").Data.Text("roleId");
        JsonElement[] events = Client.Events(id);
        Assert.Equal(
            ["role.create", "authorization.connect_role_and_permission", "authorization.connect_role_and_permission"], events.Select(static e => e.Text("event")));
        string correlation = Assert.Single(events.Select(static e => e.Text("correlationId")).Distinct());
        string missingId = Client.Post("permissions.getPermission", $$"""{"permission":"{{missing}}"}""").Data.Text("id");
        Assert.Equal(
            ["permission.create", "authorization.connect_role_and_permission"],
            Client.Events(missingId).Where(e => e.Text("correlationId") == correlation).Select(static e => e.Text("event")));
        Assert.DoesNotContain("permission.create", Client.Events(existingId).Where(e => e.Has("correlationId")).Select(static e => e.Text("event")));
    }

    [Fact]
    public void Created200AnExistingSlugInAnotherCaseNeedsNoRightToCreate()
    {
        string slug = "Documents.Read." + Scene.Unique();
        string permissionId = Client.Post("permissions.createPermission", $$"""{"name":"n","slug":"{{slug}}"}""").Data.Text("permissionId");
        using ApiClient caller = Client.WithPermissions("rbac.*.create_role", "rbac.*.add_permission_to_role");
        string role = Create(caller, Scene.Unique(), $",\"permissions\":[\"{slug.ToLowerInvariant()}\"]").Data.Text("roleId");
        JsonElement linked = Get(Client, role).Data.GetProperty("permissions").Only();
        Assert.Equal((permissionId, slug), (linked.Text("id"), linked.Text("slug")));
    }

    [Fact]
    public async Task Created200ManyAtOnceShareANewPermission()
    {
        string slug = "shared." + Scene.Unique();
        string[] roles = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Factory.StartNew(
            () =>
            {
                using ApiClient client = Client.Another();
                return Create(client, $"{slug} {i}", $",\"permissions\":[\"{slug}\"]").Data.Text("roleId");
            },
            TaskCreationOptions.LongRunning)));
        string permission = Assert.Single(roles.Select(role => Get(Client, role).Data.GetProperty("permissions").Only().Text("id")).Distinct());
        Assert.Single(Client.Events(permission), static e => e.Text("event") == "permission.create");
    }

    [Fact]
    public void Created403LeavesNothingBehind()
    {
        string slug = "missing." + Scene.Unique();
        string name = Scene.Unique();
        using ApiClient reader = Client.WithPermissions("rbac.*.read_role");
        Assert.Contains("Missing one of these permissions", Create(reader, name).Refused(ErrorCode.InsufficientPermissions).Detail);
        using ApiClient withoutLink = Client.WithPermissions("rbac.*.create_role", "rbac.*.create_permission");
        Create(withoutLink, name, $",\"permissions\":[\"{slug}\"]").Refused(ErrorCode.InsufficientPermissions);
        using ApiClient withoutCreate = Client.WithPermissions("rbac.*.create_role", "rbac.*.add_permission_to_role");
        Create(withoutCreate, name, $",\"permissions\":[\"documents.read\",\"{slug}\"]").Refused(ErrorCode.InsufficientPermissions);
        Get(Client, name).Refused(ErrorCode.RoleNotFound);
        Client.Post("permissions.getPermission", $$"""{"permission":"{{slug}}"}""").Refused(ErrorCode.PermissionNotFound);
        using ApiClient justRole = Client.WithPermissions("rbac.*.create_role");
        Assert.Equal(200, Create(justRole, name, ",\"permissions\":[]").Status);
    }

    [Fact]
    public void Created409ANameIsUniqueInAWorkspaceWithoutRegardToCase()
    {
        string name = "Editor " + Scene.Unique();
        Create(Client, name);
        foreach (string again in new[] { name, name.ToLowerInvariant() })
        {
            Assert.Equal(
                $"A role with name '{again}' already exists in this workspace",
                Create(Client, again, ",\"permissions\":[\"never.created\"]").Refused("unkey/data/role_already_exists").Detail);
        }

        Client.Post("permissions.getPermission", """{"permission":"never.created"}""").Refused(ErrorCode.PermissionNotFound);
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Assert.Equal(200, Create(stranger, name).Status);
    }

    [Fact]
    public void Refused404WhenUnknownOrForeign()
    {
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Reply[] replies =
        [
            Get(Client, "role_does_not_exist"), Get(Client, "@#$% no such role"), Get(stranger, Scene.RoleId), Get(stranger, Scene.RoleName),
            Delete(Client, "role_does_not_exist"), Delete(stranger, Scene.RoleId), Set(Client, "role_missing"), Set(stranger, Scene.RoleId),
            Set(Client, Scene.RoleName.Replace(' ', '_')),
        ];
        Assert.All(replies, static reply => Assert.Equal("The requested role does not exist.", reply.Refused(ErrorCode.RoleNotFound).Detail));
        Assert.Equal(200, Get(Client, Scene.RoleId).Status);
    }

    [Fact]
    public void Refused403BeforeTheLookUp()
    {
        using ApiClient creator = Client.WithPermissions("rbac.*.create_role");
        using ApiClient reader = Client.WithPermissions("rbac.*.read_role");
        foreach (string role in new[] { Scene.RoleName, "no such role" })
        {
            Get(creator, role).Refused(ErrorCode.InsufficientPermissions);
            Delete(reader, role).Refused(ErrorCode.InsufficientPermissions);
        }

        creator.Post("permissions.listRoles", "{}").Refused(ErrorCode.InsufficientPermissions);
        Assert.Equal(200, Get(reader, Scene.RoleName).Status);
    }

    [Fact]
    public void Deleted200KeysLoseItAtOnceAndItsPermissionsStay()
    {
        string slug = "kept." + Scene.Unique();
        string name = "role " + slug;
        string id = Create(Client, name, $",\"permissions\":[\"{slug}\",\"documents.read\"]").Data.Text("roleId");
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"roles\":[\"{name}\"]");
        string query = $"\"permissions\":\"{slug} AND documents.read\"";
        Assert.Equal("VALID", Client.Verify(key.Key, query).Code);
        Assert.Empty(Delete(Client, name).Data.EnumerateObject());
        JsonElement verified = Client.Verify(key.Key, query).Data;
        Assert.Equal("INSUFFICIENT_PERMISSIONS", verified.Text("code"));
        Assert.False(verified.Has("roles") || verified.Has("permissions"));
        Get(Client, id).Refused(ErrorCode.RoleNotFound);
        Delete(Client, id).Refused(ErrorCode.RoleNotFound);
        Assert.Equal(200, Client.Post("permissions.getPermission", $$"""{"permission":"{{slug}}"}""").Status);
        Assert.Equal("role.delete", Client.Events(id)[^1].Text("event"));
    }

    [Fact]
    public void Listed200WithTheirPermissionsPageByPage()
    {
        using ApiClient client = Fixture.Client.CreateWorkspace().Client;
        Assert.Empty(Assert.Single(client.Pages("permissions.listRoles")));
        string[] ids = [.. Enumerable.Range(0, 102).Select(i => Create(client, $"role {i}", ",\"permissions\":[\"a.a\",\"b.b\"]").Data.Text("roleId"))];
        IReadOnlyList<JsonElement[]> pages = client.Pages("permissions.listRoles");
        Assert.Equal([100, 2], pages.Select(static page => page.Length));
        JsonElement[] all = [.. pages.SelectMany(static page => page)];
        Assert.Equal(ids.Order(StringComparer.Ordinal), all.Select(static role => role.Text("id")));
        Assert.All(all, static role => Assert.Equal(["a.a", "b.b"], role.GetProperty("permissions").Each("slug").Order()));
        Assert.All(all, static role => Assert.All(role.GetProperty("permissions").Each("id"), static id => Assert.StartsWith("perm_", id)));
    }

    [Fact]
    public void Listed200TheSearchIsLiteralAndIgnoresLetterCase()
    {
        using ApiClient client = Fixture.Client.CreateWorkspace().Client;
        string first = Create(client, "admin.finance", ",\"permissions\":[\"reporting.read\"]").Data.Text("roleId");
        Create(client, "viewer.reports", ",\"description\":\"for reporting\"");
        Create(client, "support_100%");
        (string Search, string[] Names)[] cases =
        [
            ("finance", ["admin.finance"]), (first, ["admin.finance"]), ("reporting", ["viewer.reports"]), ("FINANCE", ["admin.finance"]),
            ("100%", ["support_100%"]), ("s_pport", []), ("unknown", []), ("  ", ["admin.finance", "support_100%", "viewer.reports"]),
        ];
        foreach ((string search, string[] names) in cases)
        {
            JsonElement[] page = Assert.Single(client.Pages("permissions.listRoles", $"\"search\":\"{search}\""));
            Assert.True(names.SequenceEqual(page.Select(static role => role.Text("name")).Order(StringComparer.Ordinal)), search);
        }
    }

    [Fact]
    public void Set200TheWholeSetInTheStoredSpellings()
    {
        string unique = Scene.Unique();
        string keep = "keep." + unique;
        string created = "new." + unique;
        string role = Create(Client, "role " + unique, $",\"permissions\":[\"old.{unique}\",\"{keep}\"]").Data.Text("roleId");
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"roles\":[\"role {unique}\"]");
        int before = Client.Events(role).Length;
        string wanted = $"\"KEEP.{unique}\",\"{created}\",\"NEW.{unique}\"";
        foreach (int _ in Enumerable.Range(0, 2))
        {
            Assert.Equal([keep, created], Set(Client, role, wanted).Data.Each("slug"));
            JsonElement[] events = Client.Events(role)[before..];
            Assert.Equal(
                ["authorization.connect_role_and_permission", "authorization.disconnect_role_and_permissions"], events.Select(static e => e.Text("event")).Order());
            Assert.Single(events.Select(static e => e.Text("correlationId")).Distinct());
        }

        Assert.Equal("VALID", Client.Verify(key.Key, $"\"permissions\":\"{keep} AND {created}\"").Code);
        Assert.Equal("INSUFFICIENT_PERMISSIONS", Client.Verify(key.Key, $"\"permissions\":\"old.{unique}\"").Code);
        Assert.Empty(Set(Client, role).Data.EnumerateArray());
        Assert.False(Get(Client, role).Data.Has("permissions"));
        Assert.Equal("INSUFFICIENT_PERMISSIONS", Client.Verify(key.Key, $"\"permissions\":\"{keep}\"").Code);
    }

    [Fact]
    public void Set200Or403ByPermission()
    {
        string unique = Scene.Unique();
        string role = Create(Client, "role " + unique).Data.Text("roleId");
        foreach (string half in new[] { "rbac.*.add_permission_to_role", "rbac.*.remove_permission_from_role" })
        {
            using ApiClient caller = Client.WithPermissions(half);
            Set(caller, role).Refused(ErrorCode.InsufficientPermissions);
            Set(caller, "role_missing").Refused(ErrorCode.InsufficientPermissions);
        }

        string[] both = ["rbac.*.add_permission_to_role", "rbac.*.remove_permission_from_role"];
        using ApiClient withoutCreate = Client.WithPermissions(both);
        Set(withoutCreate, role, $"\"missing.{unique}\"").Refused(ErrorCode.InsufficientPermissions);
        Client.Post("permissions.getPermission", $$"""{"permission":"missing.{{unique}}"}""").Refused(ErrorCode.PermissionNotFound);
        Assert.Equal(["documents.read"], Set(withoutCreate, role, "\"documents.read\"").Data.Each("slug"));
        foreach (string create in new[] { "rbac.*.create_permission", Scene.Urn("rbac/permissions/*", "create_permission") })
        {
            using ApiClient caller = Client.WithPermissions(both.Append(create));
            Assert.Single(Set(caller, role, $"\"{(create[0] == 'r' ? "by.tuple" : "by.urn")}.{unique}\"").Data.EnumerateArray());
        }
    }

    [Fact]
    public async Task Set200TwoRolesAtOnceShareANewPermission()
    {
        string slug = "shared." + Scene.Unique();
        string[] roles = [Create(Client, slug + " 1").Data.Text("roleId"), Create(Client, slug + " 2").Data.Text("roleId")];
        await Task.WhenAll(roles.Select(role => Task.Factory.StartNew(
            () =>
            {
                using ApiClient client = Client.Another();
                Assert.Equal([slug], Set(client, role, $"\"{slug}\"").Data.Each("slug"));
            },
            TaskCreationOptions.LongRunning)));
        string permission = Assert.Single(roles.Select(role => Get(Client, role).Data.GetProperty("permissions").Only().Text("id")).Distinct());
        Assert.Single(Client.Events(permission), static e => e.Text("event") == "permission.create");
    }

    private static Reply Create(ApiClient client, string name, string members = "") => client.Post("permissions.createRole", $$"""{"name":"{{name}}"{{members}}}""");

    private static Reply Get(ApiClient client, string role) => client.Post("permissions.getRole", $$"""{"role":"{{role}}"}""");

    private static Reply Delete(ApiClient client, string role) => client.Post("permissions.deleteRole", $$"""{"role":"{{role}}"}""");

    private static Reply Set(ApiClient client, string roleId, string slugs = "") =>
        client.Post("permissions.setRolePermissions", $$"""{"roleId":"{{roleId}}","permissions":[{{slugs}}]}""");
}
