using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class PermissionOperationTests
{
    private const string Get = "permissions.getPermission";
    private const string List = "permissions.listPermissions";
    private const string Delete = "permissions.deletePermission";
    private const string NotFound = "unkey/data/permission_not_found";
    private const string Denied = "unkey/authorization/insufficient_permissions";

    [Fact]
    public async Task APermissionIsFoundByItsIdAndByItsSlugInAnyCase()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string id = await CreateAsync(cp, "Read documents", "Documents.Read", "may read");
        await CreateAsync(cp, "Bare", "bare");
        foreach (string name in new[] { id, "Documents.Read", "documents.read" })
        {
            JsonElement found = (await cp.PostAsync(Get, $$"""{"permission":"{{name}}"}""")).Ok();
            Assert.Equal(
                $$"""{"id":"{{id}}","name":"Read documents","slug":"Documents.Read","description":"may read"}""", found.GetRawText());
        }

        Assert.False((await cp.PostAsync(Get, """{"permission":"bare"}""")).Has("description"));
        Assert.Contains("does not exist", (await cp.PostAsync(Get, """{"permission":"perm_does_not_exist"}""")).Refused(404, NotFound).Detail);
        (await cp.PostAsync(Get, """{"permission":"no blanks"}""")).Invalid("/v2/" + Get, "/properties/permission/pattern");
        (await cp.PostAsync(Get, "{}")).Invalid("/v2/" + Get, "/required");
        (await cp.PostAsync(Get, """{"permission":"bare"}""", await cp.RootKeyWithAsync("rbac.*.create_permission"))).Refused(403, Denied);
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Get, $$"""{"permission":"{{id}}"}""", foreign)).Refused(404, NotFound);
        (await cp.PostAsync(Get, """{"permission":"bare"}""", foreign)).Refused(404, NotFound);
    }

    [Fact]
    public async Task PermissionsAreListedAndSearchedInTheirWorkspaceOnly()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Answer empty = await cp.PostAsync(List, "{}");
        Assert.Equal(0, empty.Ok().GetArrayLength());
        Assert.Null(empty.Cursor);
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync("permissions.createPermission", """{"name":"x","slug":"documents.foreign"}""", foreign)).Ok();
        string documents = await CreateAsync(cp, "documents.read", "documents.read");
        await CreateAsync(cp, "billing.manage", "billing.manage", "sends invoices");
        await CreateAsync(cp, "reports_100%", "reports-full-access");
        foreach ((string search, string[] found) in new (string, string[])[]
        {
            ("documents.", ["documents.read"]),
            (documents, ["documents.read"]),
            ("reports-full", ["reports-full-access"]),
            ("invoices", ["billing.manage"]),
            ("BILLING", ["billing.manage"]),
            ("100%", ["reports-full-access"]),
            ("d_cuments", []),
            ("does-not-exist", []),
            ("   ", ["billing.manage", "documents.read", "reports-full-access"]),
        })
        {
            Answer answer = await cp.PostAsync(List, JsonSerializer.Serialize(new Dictionary<string, string> { ["search"] = search }));
            Assert.Equal(found, answer.Each("slug").Order(StringComparer.Ordinal));
        }

        (await cp.PostAsync(List, $$"""{"search":"{{new string('a', 257)}}"}""")).Invalid("/v2/" + List, "/properties/search/maxLength");
        (await cp.PostAsync(List, """{"limit":0}""")).Invalid("/v2/" + List, "/properties/limit/minimum");
        (await cp.PostAsync(List, "{}", await cp.RootKeyWithAsync("rbac.*.create_permission"))).Refused(403, Denied);
    }

    [Fact]
    public async Task MoreThanAPageOfPermissionsIsReadInDisjointPages()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateRoleAsync("many", [.. Enumerable.Range(0, 103).Select(static i => $"slug.{i}")]);
        Answer first = await cp.PostAsync(List, "{}");
        Assert.Equal(100, first.Ok().GetArrayLength());
        Assert.True(first.HasMore);
        Answer second = await cp.PostAsync(List, $$"""{"cursor":"{{first.Cursor}}"}""");
        Assert.False(second.HasMore);
        string[] ids = [.. first.Each("id"), .. second.Each("id")];
        Assert.Equal(103, ids.Distinct().Count());
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
    }

    [Fact]
    public async Task ADeletedPermissionIsGoneFromEveryKeyAtOnce()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        await cp.CreateRoleAsync("editor", "docs.edit", "docs.read");
        (_, string direct) = await cp.CreateKeyAsync(api, ""","permissions":["docs.edit"]""");
        (_, string byRole) = await cp.CreateKeyAsync(api, ""","roles":["editor"]""");
        const string Query = ""","permissions":"docs.edit" """;
        Assert.Equal("VALID", (await cp.VerifyAsync(direct, Query)).Code);
        Assert.Equal("VALID", (await cp.VerifyAsync(byRole, Query)).Code);

        Assert.Contains(
            "Missing one of these permissions",
            (await cp.PostAsync(Delete, """{"permission":"docs.edit"}""", await cp.RootKeyWithAsync("rbac.*.read_permission"))).Refused(403, Denied).Detail);
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Delete, """{"permission":"docs.edit"}""", foreign)).Refused(404, NotFound);
        Assert.Equal("VALID", (await cp.VerifyAsync(byRole, Query)).Code);

        string id = (await cp.PostAsync(Get, """{"permission":"docs.edit"}""")).Ok().GetProperty("id").GetString()!;
        Assert.Equal("{}", (await cp.PostAsync(Delete, """{"permission":"DOCS.edit"}""")).Ok().GetRawText());
        Assert.Equal("INSUFFICIENT_PERMISSIONS", (await cp.VerifyAsync(direct, Query)).Code);
        Answer rest = await cp.VerifyAsync(byRole, Query);
        Assert.Equal("INSUFFICIENT_PERMISSIONS", rest.Code);
        Assert.Equal("""["docs.read"]""", rest.Data.GetProperty("permissions").GetRawText());
        Assert.Equal(0L, cp.Scalar($"SELECT count(*) FROM roles_permissions WHERE permission_id = '{id}'"));
        Assert.Equal(0L, cp.Scalar($"SELECT count(*) FROM keys_permissions WHERE permission_id = '{id}'"));
        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM audit_log WHERE event = 'permission.delete' AND resource_id = '{id}'"));
        (await cp.PostAsync(Delete, $$"""{"permission":"{{id}}"}""")).Refused(404, NotFound);
    }

    private static async Task<string> CreateAsync(ControlPlaneFixture cp, string name, string slug, string? description = null) =>
        (await cp.PostAsync("permissions.createPermission", JsonSerializer.Serialize(description is null
            ? new Dictionary<string, string> { ["name"] = name, ["slug"] = slug }
            : new Dictionary<string, string> { ["name"] = name, ["slug"] = slug, ["description"] = description }))).Ok().GetProperty("permissionId").GetString()!;
}
