using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class ReadKeyTests
{
    private const string Everything = """
        ,"name":"everything","externalId":"user_9","meta":{"plan":"pro"},"roles":["ops"],"permissions":["direct.one"],"expires":4000000000000,
        "credits":{"remaining":9},"ratelimits":[{"name":"requests","limit":10,"duration":60000,"autoApply":true},
        {"name":"tokens","limit":20,"duration":3600000,"autoApply":false,"ignored":1}]
        """;

    [Fact]
    public async Task GetKeyAndWhoamiShowTheSameObject()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateRoleAsync("ops", "ops.a", "ops.b", "direct.one");
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), Everything);
        JsonElement shown = (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}","decrypt":false}""")).Ok();
        JsonElement whoami = (await cp.PostAsync("keys.whoami", $$"""{"key":"{{key}}"}""")).Ok();
        Assert.Equal(shown.GetRawText(), whoami.GetRawText());

        Assert.Equal(["direct.one", "ops.a", "ops.b"], shown.GetProperty("permissions").EnumerateArray().Select(slug => slug.GetString()!));
        Assert.Equal("ops", Assert.Single(shown.GetProperty("roles").EnumerateArray()).GetString());
        Assert.Equal("user_9", shown.GetProperty("identity").GetProperty("externalId").GetString());
        Assert.False(shown.GetProperty("identity").TryGetProperty("meta", out _));
        Assert.Equal(2, shown.GetProperty("ratelimits").GetArrayLength());
        Assert.Matches("^rl_[0-9A-Za-z]{9}$", shown.GetProperty("ratelimits")[0].GetProperty("id").GetString());
        Assert.False(shown.TryGetProperty("plaintext", out _));
    }

    [Fact]
    public async Task TheLiveBalanceIsShownAndReadingTakesNothing()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","credits":{"remaining":10}""");
        await cp.VerifyAsync(key);
        await cp.VerifyAsync(key, ""","credits":{"cost":3}""");
        for (int i = 0; i < 2; i++)
        {
            JsonElement credits = (await cp.PostAsync("keys.whoami", $$"""{"key":"{{key}}"}""")).Ok().GetProperty("credits");
            Assert.Equal(6, credits.GetProperty("remaining").GetInt64());
            credits = (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Ok().GetProperty("credits");
            Assert.Equal(6, credits.GetProperty("remaining").GetInt64());
        }
    }

    [Fact]
    public async Task GetKeyTells403From404AndWhoamiDoesNot()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string id, string key) = await cp.CreateKeyAsync(api);
        (_, string otherRoot) = await cp.CreateWorkspaceAsync();
        string get = $$"""{"keyId":"{{id}}"}""";
        string whoami = $$"""{"key":"{{key}}"}""";
        string unknown = (await cp.PostAsync("keys.whoami", """{"key":"nobody"}""")).Refused(404, "unkey/data/key_not_found").Error.GetRawText();

        foreach (string[] granted in new[]
        {
            (string[])[], ["api.*.create_key"], [$"api.{api}.delete_key"], ["api.api_other123.read_key"], ["api.*.decrypt_key"], ["ratelimit.*.limit"],
        })
        {
            string root = await cp.RootKeyWithAsync(granted);
            Answer denied = (await cp.PostAsync("keys.getKey", get, root)).Refused(403, "unkey/authorization/insufficient_permissions");
            Assert.StartsWith("Missing one of these permissions: api.*.read_key or ", denied.Detail);
            Assert.Equal(unknown, (await cp.PostAsync("keys.whoami", whoami, root)).Refused(404, "unkey/data/key_not_found").Error.GetRawText());
        }

        (await cp.PostAsync("keys.getKey", get, otherRoot)).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync("keys.whoami", whoami, otherRoot)).Refused(404, "unkey/data/key_not_found");
        string keyspace = (string)cp.Scalar($"SELECT keyspace_id FROM apis WHERE id = '{api}'")!;
        foreach (string granted in new[]
        {
            "api.*.read_key", $"api.{api}.read_key", $"unkey:v1:{cp.WorkspaceId}:keyspaces/{keyspace}/keys/{id}#read_key",
            $"unkey:v1:{cp.WorkspaceId}:keyspaces/*/keys/*#read_key", $"unkey:v1:{cp.WorkspaceId}:keyspaces/{keyspace}/**#read_key",
        })
        {
            string root = await cp.RootKeyWithAsync(granted);
            (await cp.PostAsync("keys.getKey", get, root)).Ok();
            (await cp.PostAsync("keys.whoami", whoami, root)).Ok();
        }

        (await cp.PostAsync("keys.getKey", """{"keyId":"key_unknown"}""")).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync("keys.getKey", """{"keyId":""}""", "unknown")).Invalid(
            "/v2/keys.getKey", "/properties/keyId/minLength", "/properties/keyId/pattern");
        (await cp.PostAsync("keys.whoami", """{"key":""}""")).Invalid("/v2/keys.whoami", "/properties/key/minLength");
        (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}","decrypt":true}""")).Refused(412, "unkey/application/precondition_failed");
    }

    [Fact]
    public async Task RootKeysAreOutOfReachOfTheKeyOperations()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{cp.Host.BootstrapKeyId}}"}""")).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync("keys.whoami", $$"""{"key":"{{cp.RootKey}}"}""")).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{cp.Host.BootstrapKeyId}}"}""")).Refused(404, "unkey/data/key_not_found");
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync(cp.RootKey)).Code);
    }

    [Fact]
    public async Task DeletionIsImmediateAndSoftUnlessAskedForGood()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateRoleAsync("ops", "ops.a");
        string api = await cp.CreateApiAsync();
        (string soft, string softKey) = await cp.CreateKeyAsync(api, Everything);
        (string hard, string hardKey) = await cp.CreateKeyAsync(api, Everything);

        Assert.Empty((await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{soft}}"}""")).Ok().EnumerateObject());
        (await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{hard}}","permanent":true}""")).Ok();
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync(softKey)).Code);
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync(hardKey)).Code);
        (await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{soft}}","permanent":true}""")).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{hard}}"}""")).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{soft}}"}""")).Refused(404, "unkey/data/key_not_found");

        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM keys WHERE id = '{soft}' AND deleted_at IS NOT NULL"));
        Assert.Equal(2L, cp.Scalar($"SELECT count(*) FROM ratelimits WHERE key_id = '{soft}'"));
        foreach (string table in new[] { "keys WHERE id", "keys_permissions WHERE key_id", "keys_roles WHERE key_id", "ratelimits WHERE key_id" })
        {
            Assert.Equal(0L, cp.Scalar($"SELECT count(*) FROM {table} = '{hard}'"));
        }

        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM identities WHERE external_id = 'user_9'"));
        await cp.RestartAsync();
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync(softKey)).Code);
    }

    [Fact]
    public async Task DeletingNeedsItsPermission()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        string keyspace = (string)cp.Scalar($"SELECT keyspace_id FROM apis WHERE id = '{api}'")!;
        foreach (string[] granted in new[] { (string[])[], ["api.*.create_key"], ["api.api_other123.delete_key"] })
        {
            (string id, string key) = await cp.CreateKeyAsync(api);
            (await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{id}}"}""", await cp.RootKeyWithAsync(granted)))
                .Refused(403, "unkey/authorization/insufficient_permissions");
            Assert.Equal("VALID", (await cp.VerifyAsync(key)).Code);
        }

        foreach (string path in new[] { $"keyspaces/{keyspace}/keys/*", "keyspaces/*/keys/*" })
        {
            (string id, _) = await cp.CreateKeyAsync(api);
            string root = await cp.RootKeyWithAsync($"unkey:v1:{cp.WorkspaceId}:{path}#delete_key");
            (await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{id}}"}""", root)).Ok();
        }

        (await cp.PostAsync("keys.deleteKey", "{}")).Invalid("/v2/keys.deleteKey", "/required");
    }
}
