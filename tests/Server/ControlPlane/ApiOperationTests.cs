using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class ApiOperationTests
{
    private const string NotFoundDetail = "The requested API does not exist or has been deleted.";

    [Fact]
    public async Task ACreatedApiReadsBackAndIsAudited()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Answer created = await cp.PostAsync("apis.createApi", """{"name":"Zahlungen \u00fc\u4e16\ud83d\ude00 <&>"}""");
        string id = created.Ok().GetProperty("apiId").GetString()!;
        Assert.Matches("^api_[0-9A-Za-z]{9}$", id);

        Answer read = await cp.PostAsync("apis.getApi", $$"""{"apiId":"{{id}}"}""");
        read.Ok();
        Assert.Equal(id, read.Field("id"));
        Assert.Equal("Zahlungen ü世😀 <&>", read.Field("name"));

        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM audit_log WHERE event = 'api.create' AND resource_id = '{id}'"));
        Assert.Equal(cp.WorkspaceId, cp.Scalar($"SELECT k.workspace_id FROM apis a JOIN keyspaces k ON k.id = a.keyspace_id WHERE a.id = '{id}'"));
    }

    [Fact]
    public async Task TwoApisMayShareAName()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Assert.NotEqual(await cp.CreateApiAsync(), await cp.CreateApiAsync());
    }

    [Fact]
    public async Task AShortNameIsRefusedWithTheExactWording()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Answer answer = (await cp.PostAsync("apis.createApi", """{"name":"ab"}""")).Invalid("/v2/apis.createApi", "/properties/name/minLength");
        Assert.Equal("minLength: got 2, want 3", answer.Error.GetProperty("errors")[0].GetProperty("message").GetString());
        (await cp.PostAsync("apis.createApi", "{}")).Invalid("/v2/apis.createApi", "/required");
        (await cp.PostAsync("apis.createApi", """{"name":"abc","x":1}""")).Invalid("/v2/apis.createApi", "/additionalProperties");
    }

    [Fact]
    public async Task OnlyTheLiteralPermissionsOpenTheDoor()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string id = await cp.CreateApiAsync();
        string get = $$"""{"apiId":"{{id}}"}""";

        (await cp.PostAsync("apis.createApi", """{"name":"abc"}""", await cp.RootKeyWithAsync("some.other.permission", "api.*.create_api"))).Ok();
        Answer denied = (await cp.PostAsync("apis.createApi", """{"name":"abc"}""", await cp.RootKeyWithAsync("api.*.read_api")))
            .Refused(403, "unkey/authorization/insufficient_permissions");
        Assert.Equal("Missing permission: 'api.*.create_api'", denied.Detail);
        Assert.Equal("Insufficient Permissions", denied.Error.GetProperty("title").GetString());

        foreach (string[] granted in new[] { new[] { "api.*.read_api" }, [$"api.{id}.read_api"], ["other.permission", "api.*.read_api"] })
        {
            (await cp.PostAsync("apis.getApi", get, await cp.RootKeyWithAsync(granted))).Ok();
        }

        foreach (string[] lacking in new[]
        {
            [], ["*"], ["unrelated.permission"], ["api.*.create_api"], [$"api.{id}.create_api"], ["api.api_another1.read_api"],
            new[] { "key.*.create", "ratelimit.*.create", "identity.*.read" },
        })
        {
            Answer answer = await cp.PostAsync("apis.getApi", get, await cp.RootKeyWithAsync(lacking));
            Assert.StartsWith("Missing one of these permissions:", answer.Refused(403, "unkey/authorization/insufficient_permissions").Detail);
        }

        // Before the look-up: an id that does not exist is 403 as well.
        (await cp.PostAsync("apis.getApi", """{"apiId":"api_unknown1"}""", await cp.RootKeyWithAsync("api.*.delete_api")))
            .Refused(403, "unkey/authorization/insufficient_permissions");
    }

    [Fact]
    public async Task MissingForeignAndDeletedApisLookTheSame()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (_, string otherRoot) = await cp.CreateWorkspaceAsync();
        string foreign = await cp.CreateApiAsync(otherRoot);
        string deleted = await cp.CreateApiAsync();
        (await cp.PostAsync("apis.deleteApi", $$"""{"apiId":"{{deleted}}"}""")).Ok();
        foreach (string id in new[] { "api_does_not_exist", foreign, deleted })
        {
            foreach (string operation in new[] { "apis.getApi", "apis.deleteApi", "apis.updateApi" })
            {
                Answer answer = (await cp.PostAsync(operation, $$"""{"apiId":"{{id}}"}""")).Refused(404, "unkey/data/api_not_found");
                Assert.Equal(NotFoundDetail, answer.Detail);
            }
        }

        (await cp.PostAsync("apis.getApi", """{"apiId":""}""")).Invalid(
            "/v2/apis.getApi", "/properties/apiId/minLength", "/properties/apiId/pattern");
    }

    [Fact]
    public async Task DeletingAnApiHidesItsKeysAndKeepsTheirRecords()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string keyId, string key) = await cp.CreateKeyAsync(api);
        Assert.Equal("VALID", (await cp.VerifyAsync(key)).Code);
        Assert.Empty((await cp.PostAsync("apis.deleteApi", $$"""{"apiId":"{{api}}"}""")).Ok().EnumerateObject());

        Assert.Equal("""{"valid":false,"code":"NOT_FOUND"}""", (await cp.VerifyAsync(key)).Data.GetRawText());
        (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{keyId}}"}""")).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync("keys.createKey", $$"""{"apiId":"{{api}}"}""")).Refused(404, "unkey/data/api_not_found");
        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM keys WHERE id = '{keyId}' AND deleted_at IS NULL"));
        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM apis WHERE id = '{api}' AND deleted_at IS NOT NULL"));

        await cp.RestartAsync();
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync(key)).Code);
    }

    [Fact]
    public async Task DeleteProtectionHoldsUntilItIsLifted()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","deleteProtection":true}""")).Ok();
        Answer answer = (await cp.PostAsync("apis.deleteApi", $$"""{"apiId":"{{api}}"}""")).Refused(412, "unkey/application/protected_resource");
        Assert.Equal("This API has delete protection enabled. Disable it before attempting to delete.", answer.Detail);
        Assert.Equal("Resource is protected", answer.Error.GetProperty("title").GetString());
        (await cp.PostAsync("apis.getApi", $$"""{"apiId":"{{api}}"}""")).Ok();
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","deleteProtection":false}""")).Ok();
        (await cp.PostAsync("apis.deleteApi", $$"""{"apiId":"{{api}}"}""")).Ok();
    }

    [Fact]
    public async Task TheAllowListDecidesFromWhereKeysVerify()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (_, string key) = await cp.CreateKeyAsync(api);
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","ipAllowList":[" 123.123.123.123 "]}""")).Ok();
        Assert.Equal("FORBIDDEN", (await cp.VerifyAsync(key, address: "192.168.1.1")).Code);
        Assert.Equal("FORBIDDEN", (await cp.VerifyAsync(key, address: "")).Code);
        Assert.Equal("VALID", (await cp.VerifyAsync(key, address: "123.123.123.123")).Code);

        await cp.RestartAsync();
        Assert.Equal("FORBIDDEN", (await cp.VerifyAsync(key, address: "192.168.1.1")).Code);
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","name":"renamed"}""")).Ok();
        Assert.Equal("FORBIDDEN", (await cp.VerifyAsync(key, address: "192.168.1.1")).Code);
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","ipAllowList":null}""")).Ok();
        Assert.Equal("VALID", (await cp.VerifyAsync(key, address: "192.168.1.1")).Code);
    }

    [Fact]
    public async Task DefaultsOfTheApiShapeNewKeysAndTheRequestOverridesThem()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","defaultPrefix":"acme","defaultBytes":64}""")).Ok();
        (string id, string key) = await cp.CreateKeyAsync(api);
        Assert.StartsWith("acme_", key);
        Assert.InRange(key.Length, 80, 100);
        Assert.Equal(key[..9], (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Field("start"));

        (_, string own) = await cp.CreateKeyAsync(api, ""","prefix":"my_own","byteLength":16""");
        Assert.StartsWith("my_own_", own);
        Assert.InRange(own.Length, 7 + 18, 7 + 22);
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","defaultPrefix":null,"defaultBytes":null}""")).Ok();
        Assert.DoesNotContain('_', (await cp.CreateKeyAsync(api)).Key);
    }

    [Fact]
    public async Task UpdatingNeedsItsPermission()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        string body = $$"""{"apiId":"{{api}}","name":"renamed"}""";
        (await cp.PostAsync("apis.updateApi", body, await cp.RootKeyWithAsync("api.*.read_api", "api.api_other123.update_api")))
            .Refused(403, "unkey/authorization/insufficient_permissions");
        (await cp.PostAsync("apis.updateApi", body, await cp.RootKeyWithAsync($"api.{api}.update_api"))).Ok();
        Assert.Equal("renamed", (await cp.PostAsync("apis.getApi", $$"""{"apiId":"{{api}}"}""")).Field("name"));
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","defaultBytes":15,"ipAllowList":[""],"foo":1}""")).Invalid(
            "/v2/apis.updateApi",
            "/properties/ipAllowList/items/minLength",
            "/properties/defaultBytes/minimum",
            "/additionalProperties");
    }
}
