using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>keys.addRoles, removeRoles and setRoles, grouped by what they do.</summary>
public sealed class KeyRolesTests(ServerFixture fixture) : TcpTests(fixture)
{
    [Fact]
    public void AddedOnceAndShownWithTheirPermissions()
    {
        (string id, string name) = Role("documents.read");
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"roles\":[\"{Scene.RoleName}\"]");
        JsonElement shown = Post(Client, "add", key, name, name).Data;
        Assert.Equal([Scene.RoleName, name], shown.Each("name"));
        Assert.Equal(id, shown[1].Text("id"));
        Assert.Equal("documents.read", shown[1].GetProperty("permissions").Only().Text("slug"));
        int before = Client.Events(key.KeyId).Length;
        Assert.Equal(2, Post(Client, "add", key, name.ToUpperInvariant()).Data.GetArrayLength());
        Assert.Equal(before, Client.Events(key.KeyId).Length);
        Assert.Equal(new[] { Scene.RoleName, name }.Order(), Client.Verify(key.Key).Data.Texts("roles").Order());
        Assert.Equal("VALID", Client.Verify(key.Key, "\"permissions\":\"documents.read\"").Code);
    }

    [Fact]
    public void RemovedLeaveTheRest()
    {
        (_, string first) = Role();
        (_, string second) = Role();
        (_, string elsewhere) = Role();
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"roles\":[\"{first}\",\"{second}\"]");
        Assert.Equal([second], Post(Client, "remove", key, first).Data.Each("name"));
        int before = Client.Events(key.KeyId).Length;
        Assert.Equal([second], Post(Client, "remove", key, first, elsewhere).Data.Each("name"));
        Assert.Equal(before, Client.Events(key.KeyId).Length);
        Assert.Empty(Post(Client, "remove", key, second).Data.EnumerateArray());
        Assert.False(Client.GetKey(key.KeyId).Has("roles"));
    }

    [Fact]
    public void SetIsTheWholeSet()
    {
        (_, string first) = Role();
        (_, string second) = Role();
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"roles\":[\"{first}\"]");
        Assert.Equal([second], Post(Client, "set", key, second).Data.Each("name"));
        int before = Client.Events(key.KeyId).Length;
        Assert.Equal([second], Post(Client, "set", key, second).Data.Each("name"));
        Assert.Equal(before, Client.Events(key.KeyId).Length);
        Assert.Empty(Post(Client, "set", key).Data.EnumerateArray());
        Assert.False(Client.Verify(key.Key).Data.Has("roles"));
    }

    [Fact]
    public async Task SetAtOnceEndsWithOneRole()
    {
        string[] names = [.. Enumerable.Range(0, 6).Select(_ => Role().Name)];
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        await Task.WhenAll(names.Select(name => Task.Factory.StartNew(
            () =>
            {
                using ApiClient client = Client.Another();
                Assert.Equal([name], Post(client, "set", key, name).Data.Each("name"));
            },
            TaskCreationOptions.LongRunning)));
        Assert.Contains(Assert.Single(Client.GetKey(key.KeyId).Texts("roles")), names);
    }

    [Theory]
    [InlineData("add")]
    [InlineData("remove")]
    [InlineData("set")]
    public void Refused404AnUnknownRoleChangesNothing(string verb)
    {
        (string id, string name) = Role();
        (_, string deleted) = Role();
        Client.Post("permissions.deleteRole", $$"""{"role":"{{deleted}}"}""");
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        string foreign = "foreign " + Scene.Unique();
        string foreignId = stranger.Post("permissions.createRole", $$"""{"name":"{{foreign}}"}""").Data.Text("roleId");
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"roles\":[\"{Scene.RoleName}\"]");
        foreach (string unknown in new[] { id, deleted, foreign, foreignId, "No Such Role" })
        {
            Assert.Contains(unknown, Post(Client, verb, key, unknown, name).Refused(ErrorCode.RoleNotFound).Detail);
            Assert.Contains(unknown, Post(Client, verb, key, Scene.RoleName, name, unknown).Refused(ErrorCode.RoleNotFound).Detail);
        }

        Assert.Equal([Scene.RoleName], Client.GetKey(key.KeyId).Texts("roles"));
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
        Post(Client, verb, deleted, Scene.RoleName).Refused(ErrorCode.KeyNotFound);
        Post(Client, verb, deleted with { KeyId = "key_short" }, Scene.RoleName).Refused(ErrorCode.KeyNotFound);
        Post(stranger, verb, Scene.Key, Scene.RoleName).Refused(ErrorCode.KeyNotFound);
    }

    [Fact]
    public void OnlyAddingTakesAPermissionOfRbac()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        using ApiClient updater = Client.WithPermissions("api.*.update_key");
        using ApiClient adder = Client.WithPermissions("api.*.update_key", "rbac.*.add_role_to_key");
        using ApiClient byName = Client.WithPermissions(Scene.Urn($"keyspaces/{Scene.KeyspaceId}/keys/{key.KeyId}", "update_key"));
        using ApiClient reader = Client.WithPermissions("api.*.read_key", "rbac.*.read_role", "api.*.create_key", "api.*.delete_key");
        Assert.Contains("Missing one of these permissions", Post(updater, "add", key, Scene.RoleName).Refused(ErrorCode.InsufficientPermissions).Detail);
        Assert.Equal(200, Post(adder, "add", key, Scene.RoleName).Status);
        foreach (string verb in new[] { "remove", "set" })
        {
            Assert.Equal(200, Post(updater, verb, key, Scene.RoleName).Status);
        }

        foreach (string verb in new[] { "add", "remove", "set" })
        {
            Assert.Equal(200, Post(byName, verb, key, Scene.RoleName).Status);
            Post(reader, verb, key, Scene.RoleName).Refused(ErrorCode.InsufficientPermissions);
        }
    }

    private static Reply Post(ApiClient client, string verb, CreatedKey key, params string[] roles) =>
        client.Post($"keys.{verb}Roles", $$"""{"keyId":"{{key.KeyId}}","roles":{{JsonSerializer.Serialize(roles)}}}""");

    // A name behind that of the scene's role, because roles are shown in the order of their names.
    private (string Id, string Name) Role(params string[] slugs)
    {
        string name = "role " + Scene.Unique();
        return (Client.Post("permissions.createRole", $$"""{"name":"{{name}}","permissions":{{JsonSerializer.Serialize(slugs)}}}""").Data.Text("roleId"), name);
    }
}
