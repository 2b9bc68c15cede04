using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>permissions.createPermission, grouped by status.</summary>
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

    private static Reply Create(ApiClient client, string slug) =>
        client.Post("permissions.createPermission", $$"""{"name":"a permission","slug":"{{slug}}"}""");
}
