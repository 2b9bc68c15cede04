using System;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>keys.addPermissions, removePermissions and setPermissions, grouped by what they do.</summary>
public sealed class KeyPermissionsTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string CreatePermission = "rbac.*.create_permission";

    [Fact]
    public void AddedAreShownBehindThoseThatWereThere()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"permissions\":[\"m.m\",\"b.b\"]");
        JsonElement shown = Post(Client, "add", key, "z.z", "a.a", "a.a").Data;
        Assert.Equal(["b.b", "m.m"], shown.Each("slug")[..2]);
        Assert.Equal(["a.a", "z.z"], shown.Each("slug")[2..].Order());
        Assert.All(shown.EnumerateArray(), static permission => Assert.Equal(["id", "name", "slug"], permission.Names()));
        int before = Client.Events(key.KeyId).Length;
        Assert.Equal(["a.a", "b.b", "m.m", "z.z"], Post(Client, "add", key, "a.a").Data.Each("slug"));
        Assert.Equal(before, Client.Events(key.KeyId).Length);
    }

    [Fact]
    public async Task AddedAtOnceAreAllThere()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        string unique = Scene.Unique();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Factory.StartNew(
            () =>
            {
                using ApiClient client = Client.Another();
                Assert.Equal(200, Post(client, "add", key, $"{unique}.{i}", unique).Status);
            },
            TaskCreationOptions.LongRunning)));
        Assert.Equal(11, Client.GetKey(key.KeyId).Texts("permissions").Length);
    }

    [Fact]
    public void RemovedLeaveTheRest()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"permissions\":[\"a.a\",\"b.b\",\"c.c\"]");
        Client.CreateKey(Scene.ApiId, "\"permissions\":[\"elsewhere.only\"]");
        Assert.Equal(["b.b", "c.c"], Post(Client, "remove", key, "a.a").Data.Each("slug").Order());
        int before = Client.Events(key.KeyId).Length;
        Assert.Equal(["b.b", "c.c"], Post(Client, "remove", key, "a.a", "elsewhere.only").Data.Each("slug").Order());
        Assert.Equal(before, Client.Events(key.KeyId).Length);
        Assert.Empty(Post(Client, "remove", key, "b.b", "c.c").Data.EnumerateArray());
        Assert.Empty(Client.GetKey(key.KeyId).Texts("permissions"));
    }

    [Fact]
    public void Removed404AnUnknownSlugRemovesNothing()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"permissions\":[\"documents.read\"]");
        string id = Client.Post("permissions.getPermission", """{"permission":"documents.read"}""").Data.Text("id");
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        string foreign = "foreign." + Scene.Unique();
        stranger.Post("permissions.createPermission", $$"""{"name":"n","slug":"{{foreign}}"}""");
        foreach (string slug in new[] { "never.seen", id, foreign })
        {
            Assert.Contains(slug, Post(Client, "remove", key, "documents.read", slug).Refused(ErrorCode.PermissionNotFound).Detail);
        }

        Assert.Equal(["documents.read"], Client.GetKey(key.KeyId).Texts("permissions"));
    }

    [Fact]
    public void SetIsTheWholeSet()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"permissions\":[\"a.a\",\"b.b\"]");
        string created = "created." + Scene.Unique();
        Assert.Equal(new[] { "b.b", created }.Order(), Post(Client, "set", key, "b.b", created).Data.Each("slug").Order());
        int before = Client.Events(key.KeyId).Length;
        Assert.Equal(2, Post(Client, "set", key, created, "b.b", "B.B").Data.GetArrayLength());
        Assert.Equal(before, Client.Events(key.KeyId).Length);
        Assert.Equal(created, Client.Post("permissions.getPermission", $$"""{"permission":"{{created}}"}""").Data.Text("name"));
        Assert.Empty(Post(Client, "set", key).Data.EnumerateArray());
        Assert.Empty(Client.GetKey(key.KeyId).Texts("permissions"));
    }

    [Fact]
    public async Task SetAtOnceEndsAsOneOfTheSets()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        string[][] sets = [["set.a", "set.b"], ["set.b", "set.c"], ["set.d"], ["set.a", "set.c", "set.d"]];
        await Task.WhenAll(sets.Select(set => Task.Factory.StartNew(
            () =>
            {
                using ApiClient client = Client.Another();
                Assert.Equal(set, Post(client, "set", key, set).Data.Each("slug").Order());
            },
            TaskCreationOptions.LongRunning)));
        string[] end = [.. Client.GetKey(key.KeyId).Texts("permissions").Order()];
        Assert.Contains(sets, set => set.SequenceEqual(end));
    }

    [Fact]
    public void PermissionsOfRolesAreNeitherShownNorTouched()
    {
        string slug = "by.role." + Scene.Unique();
        Client.Post("permissions.createRole", $$"""{"name":"{{slug}}","permissions":["{{slug}}"]}""");
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"roles\":[\"{slug}\"]");
        Assert.Equal(["direct.slug"], Post(Client, "add", key, "direct.slug").Data.Each("slug"));
        Assert.Equal(["direct.slug"], Post(Client, "remove", key, slug).Data.Each("slug"));
        Assert.Empty(Post(Client, "set", key).Data.EnumerateArray());
        Assert.Equal("VALID", Client.Verify(key.Key, $"\"permissions\":\"{slug}\"").Code);
    }

    [Theory]
    [InlineData("add")]
    [InlineData("set")]
    public void AMissingSlugIsCreatedForACallerThatMay(string verb)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        string slug = $"{verb}.{Scene.Unique()}";
        string update = Scene.Urn($"keyspaces/{Scene.KeyspaceId}/keys/{key.KeyId}", "update_key");
        using ApiClient withoutCreate = Client.WithPermissions(update);
        Assert.Equal(200, Post(withoutCreate, verb, key, "documents.read").Status);
        Assert.Contains("permission", Post(withoutCreate, verb, key, "documents.read", slug).Refused(ErrorCode.InsufficientPermissions).Detail);
        Client.Post("permissions.getPermission", $$"""{"permission":"{{slug}}"}""").Refused(ErrorCode.PermissionNotFound);
        Assert.Equal(["documents.read"], Client.GetKey(key.KeyId).Texts("permissions"));
        foreach (string create in new[] { CreatePermission, Scene.Urn("rbac/permissions/*", "create_permission") })
        {
            using ApiClient caller = Client.WithPermissions(update, create);
            Assert.Contains(slug + create[0], Post(caller, verb, key, slug + create[0]).Data.Each("slug"));
        }
    }

    [Theory]
    [InlineData("add")]
    [InlineData("remove")]
    [InlineData("set")]
    public void Refused404ForAKeyThatTheCallerCannotSee(string verb)
    {
        CreatedKey deleted = Client.CreateKey(Scene.ApiId);
        Client.Post("keys.deleteKey", $$"""{"keyId":"{{deleted.KeyId}}"}""");
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Post(Client, verb, deleted, "documents.read").Refused(ErrorCode.KeyNotFound);
        Post(Client, verb, deleted with { KeyId = "key_short" }, "documents.read").Refused(ErrorCode.KeyNotFound);
        Post(stranger, verb, Scene.Key, "documents.read").Refused(ErrorCode.KeyNotFound);
    }

    [Theory]
    [InlineData("add", "rbac.*.add_permission_to_key")]
    [InlineData("remove", "rbac.*.remove_permission_from_key")]
    [InlineData("set", "rbac.*.add_permission_to_key", "rbac.*.remove_permission_from_key")]
    public void AllowedByTheResourceNameAloneOrByAllTuples(string verb, params string[] links)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        foreach (string update in new[] { "api.*.update_key", $"api.{Scene.ApiId}.update_key" })
        {
            using ApiClient caller = Client.WithPermissions(links.Append(update));
            Assert.Equal(200, Post(caller, verb, key, "documents.read").Status);
            foreach (string lacking in links.Append(update))
            {
                using ApiClient denied = Client.WithPermissions(links.Append(update).Where(permission => permission != lacking));
                Assert.Contains("permission", Post(denied, verb, key, "documents.read").Refused(ErrorCode.InsufficientPermissions).Detail);
            }
        }

        using ApiClient byName = Client.WithPermissions(Scene.Urn("keyspaces/*/keys/*", "update_key"));
        Assert.Equal(200, Post(byName, verb, key, "documents.read").Status);
        using ApiClient other = Client.WithPermissions("api.*.read_key", "identity.*.update_identity", "api.*.create_key");
        Post(other, verb, key, "documents.read").Refused(ErrorCode.InsufficientPermissions);
    }

    private static Reply Post(ApiClient client, string verb, CreatedKey key, params string[] slugs) =>
        client.Post($"keys.{verb}Permissions", $$"""{"keyId":"{{key.KeyId}}","permissions":{{JsonSerializer.Serialize(slugs)}}}""");
}
