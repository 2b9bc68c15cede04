using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>permissions.createPermission, getPermission, listPermissions and deletePermission, grouped by status.</summary>
public sealed class PermissionsTests(ServerFixture fixture) : TcpTests(fixture)
{
    [Theory]
    [InlineData("simple")]
    [InlineData("with-dashes")]
    [InlineData("with_underscores")]
    [InlineData("with.periods")]
    [InlineData("Mixed123Case")]
    [InlineData("all-valid_chars.123")]
    [InlineData("with:colon.*")]
    public void Created200AndUsableAtOnce(string slug)
    {
        JsonElement data = Create(Client, slug).Data;
        Assert.Matches("^perm_[a-zA-Z0-9]{9}$", Assert.Single(data.EnumerateObject()).Value.GetString()!);
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"permissions\":[\"{slug}\"]");
        Assert.Equal("VALID", Client.Verify(key.Key, $"\"permissions\":\"{slug}\"").Code);
    }

    [Fact]
    public void Created200WithAndWithoutDescription()
    {
        Assert.Equal(200, Client.Post("permissions.createPermission", """{"name":"n","slug":"described","description":"what it is for"}""").Status);
        Assert.Equal(200, Client.Post("permissions.createPermission", """{"name":"n","slug":"undescribed","description":""}""").Status);
    }

    [Fact]
    public void Created409TheSameSlugWithoutRegardToCase()
    {
        string slug = "Slug." + Scene.Unique();
        Create(Client, slug);
        foreach (string again in new[] { slug, slug.ToUpperInvariant() })
        {
            Assert.Equal(
                $"A permission with slug '{again}' already exists in this workspace",
                Client.Post("permissions.createPermission", $$"""{"name":"another name","slug":"{{again}}"}""").Refused(ErrorCode.PermissionExists).Detail);
        }

        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Assert.Equal(200, Create(stranger, slug).Status);
    }

    [Theory]
    [InlineData("with spaces")]
    [InlineData("test@slug#with$special%chars")]
    [InlineData("sl/ash")]
    [InlineData("\u00fcmlaut")]
    public void Created400ASlugOfOtherCharacters(string slug)
    {
        Reply reply = Create(Client, slug).RefusedBySchema("permissions.createPermission", "/properties/slug/pattern");
        Assert.Contains("validate schema", reply.Detail);
    }

    [Fact]
    public void Created403WithTheExactDetail()
    {
        foreach (string permission in new[] { "rbac.*.read_permission", Scene.Urn("rbac/permissions/*", "create_permission"), "api.*.create_api" })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Assert.Equal(
                "Missing permission: 'rbac.*.create_permission'", Create(caller, "denied." + Scene.Unique()).Refused(ErrorCode.InsufficientPermissions).Detail);
        }

        using ApiClient allowed = Client.WithPermissions("rbac.*.create_permission");
        Assert.Equal(200, Create(allowed, "allowed." + Scene.Unique()).Status);
    }

    [Fact]
    public void Found200ByIdAndBySlugInAnyCase()
    {
        string slug = "Found." + Scene.Unique();
        string id = Client.Post("permissions.createPermission", $$"""{"name":"a name","slug":"{{slug}}","description":"what it is for"}""").Data.Text("permissionId");
        string wanted = $$"""{"id":"{{id}}","name":"a name","slug":"{{slug}}","description":"what it is for"}""";
        foreach (string name in new[] { id, slug, slug.ToLowerInvariant() })
        {
            Assert.Equal(wanted, Get(Client, name).Data.GetRawText());
        }

        string plain = Create(Client, "plain." + slug).Data.Text("permissionId");
        Assert.False(Get(Client, plain).Data.Has("description"));
        JsonElement created = Client.Events(id).Single();
        Assert.Equal("permission.create", created.Text("event"));
    }

    [Fact]
    public void Found404AndDeleted404WhenUnknownOrForeign()
    {
        string slug = "foreign." + Scene.Unique();
        string id = Create(Client, slug).Data.Text("permissionId");
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Reply[] replies =
        [
            Get(Client, "perm_does_not_exist"), Get(Client, "perm_123456789"), Get(Client, "no.such.slug"), Get(stranger, slug), Get(stranger, id),
            Delete(Client, "perm_does_not_exist"), Delete(Client, "no.such.slug"), Delete(stranger, slug), Delete(stranger, id),
        ];
        Assert.All(replies, static reply => Assert.Equal("The requested permission does not exist.", reply.Refused(ErrorCode.PermissionNotFound).Detail));
        Assert.Equal(200, Get(Client, id).Status);
    }

    [Fact]
    public void Deleted200KeysAndRolesLoseItAtOnce()
    {
        string slug = "deleted." + Scene.Unique();
        string id = Create(Client, slug).Data.Text("permissionId");
        string role = "role " + slug;
        Client.Post("permissions.createRole", $$"""{"name":"{{role}}","permissions":["{{slug}}"]}""");
        CreatedKey direct = Client.CreateKey(Scene.ApiId, $"\"permissions\":[\"{slug}\"]");
        CreatedKey byRole = Client.CreateKey(Scene.ApiId, $"\"roles\":[\"{role}\"]");
        string query = $"\"permissions\":\"{slug}\"";
        Assert.All(new[] { direct, byRole }, key => Assert.Equal("VALID", Client.Verify(key.Key, query).Code));
        Assert.Empty(Delete(Client, id).Data.EnumerateObject());
        Assert.All(new[] { direct, byRole }, key => Assert.Equal("INSUFFICIENT_PERMISSIONS", Client.Verify(key.Key, query).Code));
        Assert.All(new[] { direct, byRole }, key => Assert.False(Client.GetKey(key.KeyId).Has("permissions")));
        Assert.False(Client.Post("permissions.getRole", $$"""{"role":"{{role}}"}""").Data.Has("permissions"));
        Get(Client, id).Refused(ErrorCode.PermissionNotFound);
        Delete(Client, id).Refused(ErrorCode.PermissionNotFound);
        Assert.Equal("permission.delete", Client.Events(id)[^1].Text("event"));
        Assert.NotEqual(id, Create(Client, slug).Data.Text("permissionId"));
    }

    [Fact]
    public void Refused403BeforeTheLookUp()
    {
        using ApiClient creator = Client.WithPermissions("rbac.*.create_permission");
        using ApiClient reader = Client.WithPermissions("rbac.*.read_permission");
        Get(creator, "documents.read").Refused(ErrorCode.InsufficientPermissions);
        Get(creator, "no.such.slug").Refused(ErrorCode.InsufficientPermissions);
        creator.Post("permissions.listPermissions", "{}").Refused(ErrorCode.InsufficientPermissions);
        Assert.Contains("Missing one of these permissions", Delete(reader, "documents.read").Refused(ErrorCode.InsufficientPermissions).Detail);
        Assert.Equal(200, Get(reader, "documents.read").Status);
    }

    [Fact]
    public void Listed200OnlyOfTheOwnWorkspacePageByPage()
    {
        using ApiClient client = Fixture.Client.CreateWorkspace().Client;
        Assert.Empty(Assert.Single(client.Pages("permissions.listPermissions")));
        string[] ids = [.. Enumerable.Range(0, 103).Select(i => Create(client, $"slug.{i}").Data.Text("permissionId"))];
        IReadOnlyList<JsonElement[]> pages = client.Pages("permissions.listPermissions");
        Assert.Equal([100, 3], pages.Select(static page => page.Length));
        Assert.Equal(ids.Order(StringComparer.Ordinal), pages.SelectMany(static page => page).Select(static permission => permission.Text("id")));
        Assert.Equal(103, client.Pages("permissions.listPermissions", "\"limit\":7").SelectMany(static page => page).DistinctBy(static p => p.Text("id")).Count());
    }

    [Fact]
    public void Listed200TheSearchIsLiteralAndIgnoresLetterCase()
    {
        using ApiClient client = Fixture.Client.CreateWorkspace().Client;
        string first = client.Post("permissions.createPermission", """{"name":"documents.read","slug":"documents.read"}""").Data.Text("permissionId");
        client.Post("permissions.createPermission", """{"name":"billing.manage","slug":"billing.manage","description":"pays invoices"}""");
        client.Post("permissions.createPermission", """{"name":"reports_100%","slug":"reports-full"}""");
        (string Search, string[] Slugs)[] cases =
        [
            ("documents.", ["documents.read"]), (first, ["documents.read"]), ("reports-full", ["reports-full"]), ("invoices", ["billing.manage"]),
            ("BILLING", ["billing.manage"]), ("100%", ["reports-full"]), ("d_cuments", []), ("does-not-exist", []),
            ("   ", ["billing.manage", "documents.read", "reports-full"]),
        ];
        foreach ((string search, string[] slugs) in cases)
        {
            JsonElement[] page = Assert.Single(client.Pages("permissions.listPermissions", $"\"search\":\"{search}\""));
            Assert.True(slugs.SequenceEqual(page.Select(static permission => permission.Text("slug")).Order(StringComparer.Ordinal)), search);
        }
    }

    private static Reply Get(ApiClient client, string permission) => client.Post("permissions.getPermission", $$"""{"permission":"{{permission}}"}""");

    private static Reply Delete(ApiClient client, string permission) => client.Post("permissions.deletePermission", $$"""{"permission":"{{permission}}"}""");

    private static Reply Create(ApiClient client, string slug) =>
        client.Post("permissions.createPermission", $$"""{"name":"a permission","slug":"{{slug}}"}""");
}
