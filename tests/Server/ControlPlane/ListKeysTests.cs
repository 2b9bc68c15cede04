using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class ListKeysTests
{
    private const string Operation = "apis.listKeys";

    [Fact]
    public async Task KeysOfAnApiAreListedWithAllThatTheyHave()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        await cp.CreateKeyAsync(await cp.CreateApiAsync());
        (string limited, _) = await cp.CreateKeyAsync(
            api,
            ""","name":"n","meta":{"a":[1]},"credits":{"remaining":0},"permissions":["p.q"],"ratelimits":[{"name":"requests","limit":100,"duration":60000,"autoApply":true}]""");
        (string disabled, _) = await cp.CreateKeyAsync(api, ""","enabled":false""");
        (string deleted, _) = await cp.CreateKeyAsync(api);
        (await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{deleted}}"}""")).Ok();

        Answer answer = await cp.PostAsync(Operation, $$"""{"apiId":"{{api}}","revalidateKeysCache":true,"decrypt":false}""");
        Assert.Equal(new[] { limited, disabled }.Order(StringComparer.Ordinal), answer.Each("keyId"));
        Assert.False(answer.HasMore);
        Assert.Null(answer.Cursor);
        JsonElement row = answer.Data.EnumerateArray().Single(item => item.GetProperty("keyId").GetString() == limited);
        Assert.Equal("""{"a":[1]}""", row.GetProperty("meta").GetRawText());
        Assert.Equal(0, row.GetProperty("credits").GetProperty("remaining").GetInt64());
        Assert.Equal("p.q", row.GetProperty("permissions")[0].GetString());
        Assert.Equal("requests", Assert.Single(row.GetProperty("ratelimits").EnumerateArray()).GetProperty("name").GetString());
        Assert.InRange(row.GetProperty("start").GetString()!.Length, 1, 32);
        Assert.True(row.GetProperty("createdAt").GetInt64() > 0);
        JsonElement other = answer.Data.EnumerateArray().Single(item => item.GetProperty("keyId").GetString() == disabled);
        Assert.False(other.GetProperty("enabled").GetBoolean());
        Assert.False(other.TryGetProperty("ratelimits", out _));
        Assert.DoesNotContain("plaintext", answer.Text);
    }

    [Fact]
    public async Task PagesGiveEveryKeyOnceInTheOrderOfTheIds()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        List<string> made = [];
        for (int i = 0; i < 5; i++)
        {
            made.Add((await cp.CreateKeyAsync(api)).Id);
        }

        List<string> seen = [];
        string cursor = "";
        for (int pages = 0; pages < 3; pages++)
        {
            Answer page = await cp.PostAsync(Operation, $$"""{"apiId":"{{api}}","limit":2{{cursor}}}""");
            seen.AddRange(page.Each("keyId"));
            Assert.Equal(pages < 2, page.HasMore);
            cursor = $",\"cursor\":\"{page.Cursor}\"";
        }

        Assert.Equal(made.Order(StringComparer.Ordinal), seen);
        Assert.Empty((await cp.PostAsync(Operation, $$"""{"apiId":"{{api}}","cursor":"zzz not an id"}""")).Each("keyId"));
    }

    [Fact]
    public async Task TheFilterTakesTheExternalIdOfALiveIdentityOnly()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        string other = await cp.CreateApiAsync();
        (await cp.PostAsync("identities.createIdentity", """{"externalId":"alice","meta":{"plan":"pro"}}""")).Ok();
        (string first, _) = await cp.CreateKeyAsync(api, ""","externalId":"alice" """);
        (string second, _) = await cp.CreateKeyAsync(api, ""","externalId":"alice" """);
        await cp.CreateKeyAsync(other, ""","externalId":"alice" """);
        await cp.CreateKeyAsync(api, ""","externalId":"bob" """);
        await cp.CreateKeyAsync(api);

        Answer alice = await cp.PostAsync(Operation, $$"""{"apiId":"{{api}}","externalId":"alice"}""");
        Assert.Equal(new[] { first, second }.Order(StringComparer.Ordinal), alice.Each("keyId"));
        foreach (JsonElement key in alice.Data.EnumerateArray())
        {
            Assert.Equal("alice", key.GetProperty("identity").GetProperty("externalId").GetString());
            Assert.Equal("pro", key.GetProperty("identity").GetProperty("meta").GetProperty("plan").GetString());
        }

        string identityId = alice.Data[0].GetProperty("identity").GetProperty("id").GetString()!;
        foreach (string unknown in new[] { "ALICE", identityId, "nobody" })
        {
            Answer none = await cp.PostAsync(Operation, $$"""{"apiId":"{{api}}","externalId":"{{unknown}}"}""");
            Assert.Empty(none.Each("keyId"));
            Assert.False(none.HasMore);
        }

        (await cp.PostAsync("identities.deleteIdentity", """{"identity":"alice"}""")).OkWithoutData();
        Assert.Empty((await cp.PostAsync(Operation, $$"""{"apiId":"{{api}}","externalId":"alice"}""")).Each("keyId"));
        Answer all = await cp.PostAsync(Operation, $$"""{"apiId":"{{api}}"}""");
        Assert.Equal(4, all.Data.GetArrayLength());
        Assert.Single(all.Data.EnumerateArray(), static key => key.TryGetProperty("identity", out _));
    }

    [Fact]
    public async Task ACallerWithoutBothHalvesGetsTheAnswerOfAnUnknownApi()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        string other = await cp.CreateApiAsync();
        string keyspace = (string)cp.Scalar($"SELECT keyspace_id FROM apis WHERE id = '{api}'")!;
        string urn = $"unkey:v1:{cp.WorkspaceId}:keyspaces/{keyspace}";
        string missing = Redacted((await cp.PostAsync(Operation, """{"apiId":"api_missing"}""")).Refused(404, "unkey/data/api_not_found"));
        foreach (string[] permissions in new string[][]
        {
            [],
            ["api.*.read_api"],
            ["api.*.read_key"],
            [$"api.{other}.read_key", $"api.{other}.read_api"],
            ["workspace.read"],
            [$"{urn}/keys/*#read_key"],
            [$"{urn}#read_keyspace", "api.*.read_key"],
        })
        {
            string bearer = await cp.RootKeyWithAsync(permissions);
            Assert.Equal(missing, Redacted(await cp.PostAsync(Operation, $$"""{"apiId":"{{api}}"}""", bearer)));
        }

        foreach (string[] permissions in new string[][]
        {
            [$"api.{api}.read_key", $"api.{api}.read_api"],
            ["api.*.read_key", "api.*.read_api"],
            ["api.*.read_key", $"api.{api}.read_api"],
            [$"{urn}/keys/*#read_key", $"{urn}#read_keyspace"],
        })
        {
            (await cp.PostAsync(Operation, $$"""{"apiId":"{{api}}"}""", await cp.RootKeyWithAsync(permissions))).Ok();
        }

        (_, string foreign) = await cp.CreateWorkspaceAsync();
        Assert.Equal(missing, Redacted(await cp.PostAsync(Operation, $$"""{"apiId":"{{api}}"}""", foreign)));
        (await cp.PostAsync("apis.deleteApi", $$"""{"apiId":"{{api}}"}""")).Ok();
        Assert.Equal(missing, Redacted(await cp.PostAsync(Operation, $$"""{"apiId":"{{api}}"}""")));
    }

    [Fact]
    public async Task PlainTextIsShownWithTheVaultThePermissionAndAnApiThatAdmitsIt()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync(encryptionKeys: Convert.ToBase64String(new byte[32]));
        string api = await cp.CreateApiAsync();
        string body = $$"""{"apiId":"{{api}}","decrypt":true}""";
        Answer notEnabled = (await cp.PostAsync(Operation, body)).Refused(412, "unkey/application/precondition_failed");
        Assert.Equal("The requested API does not support key encryption.", notEnabled.Detail);
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","storeEncryptedKeys":true}""")).Ok();
        (string recoverable, string key) = await cp.CreateKeyAsync(api, ""","recoverable":true""");
        await cp.CreateKeyAsync(api);
        string reader = await cp.RootKeyWithAsync("api.*.read_key", "api.*.read_api");
        Assert.Contains("permission", (await cp.PostAsync(Operation, body, reader)).Refused(403, "unkey/authorization/insufficient_permissions").Detail);
        string keyspace = (string)cp.Scalar($"SELECT keyspace_id FROM apis WHERE id = '{api}'")!;
        foreach (string permission in new[] { "api.*.decrypt_key", $"api.{api}.decrypt_key", $"unkey:v1:{cp.WorkspaceId}:keyspaces/{keyspace}/keys/*#decrypt_key" })
        {
            string bearer = await cp.RootKeyWithAsync("api.*.read_key", "api.*.read_api", permission);
            JsonElement shown = Assert.Single(
                (await cp.PostAsync(Operation, body, bearer)).Ok().EnumerateArray(), static item => item.TryGetProperty("plaintext", out _));
            Assert.Equal(recoverable, shown.GetProperty("keyId").GetString());
            Assert.Equal(key, shown.GetProperty("plaintext").GetString());
        }

        await using ControlPlaneFixture without = await ControlPlaneFixture.StartAsync();
        string other = await without.CreateApiAsync();
        Answer noVault = await without.PostAsync(Operation, $$"""{"apiId":"{{other}}","decrypt":true}""");
        Assert.Equal("Vault hasn't been set up.", noVault.Refused(412, "unkey/application/precondition_failed").Detail);
    }

    [Fact]
    public async Task BadBodiesNameTheirFields()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        const string Path = "/v2/apis.listKeys";
        (await cp.PostAsync(Operation, """{}""")).Invalid(Path, "/required");
        (await cp.PostAsync(Operation, """{"apiId":""}""")).Invalid(Path, "/properties/apiId/minLength");
        (await cp.PostAsync(Operation, """{"apiId":"x","limit":0}""")).Invalid(Path, "/properties/limit/minimum");
        (await cp.PostAsync(Operation, """{"apiId":"x","limit":101}""")).Invalid(Path, "/properties/limit/maximum");
        (await cp.PostAsync(Operation, """{"apiId":"x","externalId":""}""")).Invalid(Path, "/properties/externalId/minLength");
        (await cp.PostAsync(Operation, """{"apiId":"x","foo":1}""")).Invalid(Path, "/additionalProperties");
        foreach (string odd in new[] { "invalid_format", new string('a', 500), "api_special!@#$%^&*()" })
        {
            (await cp.PostAsync(Operation, $$"""{"apiId":"{{odd}}"}""")).Refused(404, "unkey/data/api_not_found");
        }

        string api = await cp.CreateApiAsync();
        await cp.WriteAsync(session => session.Execute("UPDATE apis SET keyspace_id = NULL WHERE id = @id", ("@id", api)));
        (await cp.PostAsync(Operation, $$"""{"apiId":"{{api}}"}""")).Refused(500, "unkey/application/unexpected_error");
    }

    [Fact]
    public async Task APageIsReadFromAnIndexWhereverItStarts()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string plan = await cp.WriteAsync(static session => string.Join('\n', session.All(
            "EXPLAIN QUERY PLAN SELECT id FROM keys WHERE keyspace_id = 'a' AND id >= 'b' AND deleted_at IS NULL ORDER BY id LIMIT 3",
            static row => row.GetString(3))));
        Assert.Contains("keys_keyspace (keyspace_id=? AND id>?)", plan);
        Assert.DoesNotContain("TEMP B-TREE", plan);
        plan = await cp.WriteAsync(static session => string.Join('\n', session.All(
            "EXPLAIN QUERY PLAN SELECT id FROM keys WHERE identity_id = 'i' AND keyspace_id = 'a' AND deleted_at IS NULL AND id >= 'b' ORDER BY id LIMIT 3",
            static row => row.GetString(3))));
        Assert.Contains("keys_identity (identity_id=? AND keyspace_id=? AND deleted_at=? AND id>?)", plan);
        Assert.DoesNotContain("TEMP B-TREE", plan);
    }

    private static string Redacted(Answer answer) =>
        answer.Text.Replace(answer.Root.GetProperty("meta").GetProperty("requestId").GetString()!, "", StringComparison.Ordinal);
}
