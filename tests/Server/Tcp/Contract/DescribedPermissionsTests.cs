using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Server.Tests.Documents;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>The permissions that the OpenAPI document names for an operation are enough to call it, and none of them is too many.</summary>
public sealed class DescribedPermissionsTests(ServerFixture fixture) : TcpTests(fixture)
{
    // Of an API that there is not, because a root key has at least one.
    private const string Unrelated = "api.api_of_nobody.delete_api";

    // Bodies that succeed, for the operations whose body of the table does not: things to delete, and what needs nothing but the operation itself.
    private static readonly Dictionary<string, Func<Scene, string>> s_bodies = new()
    {
        ["apis.deleteApi"] = static scene => $$"""{"apiId":"{{scene.Client.CreateApi()}}"}""",
        ["keys.deleteKey"] = static scene => $$"""{"keyId":"{{scene.Client.CreateKey(scene.ApiId).KeyId}}"}""",
        ["keys.verifyKey"] = static scene => $$"""{"key":"{{scene.Key.Key}}"}""",
        ["identities.deleteIdentity"] = static scene =>
            $$"""{"identity":"{{Made(scene, "identities.createIdentity", $$"""{"externalId":"{{Scene.Unique()}}"}""", "identityId")}}"}""",
        ["permissions.createRole"] = static _ => $$"""{"name":"{{Scene.Unique()}}"}""",
        ["permissions.deleteRole"] = static scene =>
            $$"""{"role":"{{Made(scene, "permissions.createRole", $$"""{"name":"{{Scene.Unique()}}"}""", "roleId")}}"}""",
        ["permissions.deletePermission"] = static scene =>
            $$"""{"permission":"{{Made(scene, "permissions.createPermission", $$"""{"name":"a permission","slug":"{{Scene.Unique()}}"}""", "permissionId")}}"}""",
        ["ratelimit.limit"] = Check,
        ["ratelimit.multiLimit"] = static scene => $"[{Check(scene)}]",
        ["ratelimit.getOverride"] = Override,
        ["ratelimit.deleteOverride"] = Override,
        ["rootKeys.createRootKey"] = static _ => """{"permissions":["root_key.*.create_root_key"]}""",
        ["rootKeys.deleteRootKey"] = static scene =>
            $$"""{"keyId":"{{Made(scene, "rootKeys.createRootKey", """{"permissions":["api.*.read_api"]}""", "keyId")}}"}""",
        ["workspaces.updateWorkspace"] = static scene => $$"""{"workspaceId":"{{scene.WorkspaceId}}"}""",
    };

    public static TheoryData<string> Operations => Endpoint.Operations;

    [Theory]
    [MemberData(nameof(Operations))]
    public void TheyAreEnoughAndEachIsNeeded(string operation)
    {
        string body = s_bodies.TryGetValue(operation, out Func<Scene, string>? make) ? make(Scene) : Endpoint.Of(operation).Body(Scene);
        string[] permissions = [.. DescribedApi.Instance.Operation(operation).GetProperty("x-permissions").EnumerateArray().Select(static item => item.GetString()!)];
        foreach (string lacking in permissions)
        {
            using ApiClient denied = Caller(operation).WithPermissions(permissions.Where(permission => permission != lacking).DefaultIfEmpty(Unrelated));
            Reply refusal = denied.Post(operation, body);
            bool isDenied = refusal.Status is 403 or 404 || (operation == "keys.verifyKey" && refusal.Code == "NOT_FOUND");
            Assert.True(isDenied, $"without {lacking}: {refusal}");
        }

        using ApiClient allowed = Caller(operation).WithPermissions(permissions);
        Reply reply = allowed.Post(operation, body);
        Assert.True(reply.Status is 200 or 409, reply.ToString());
        Assert.True(operation != "keys.verifyKey" || reply.Code == "VALID", reply.ToString());
    }

    private static string Check(Scene scene) => $$"""{"namespace":"{{scene.Namespace}}","identifier":"a","limit":10,"duration":60000}""";

    private static string Override(Scene scene)
    {
        scene.Client.Post("ratelimit.setOverride", $$"""{"namespace":"{{scene.Namespace}}","identifier":"a","limit":10,"duration":60000}""");
        return $$"""{"namespace":"{{scene.Namespace}}","identifier":"a"}""";
    }

    private static string Made(Scene scene, string operation, string body, string id) => scene.Client.Post(operation, body).Data.GetProperty(id).GetString()!;
}
