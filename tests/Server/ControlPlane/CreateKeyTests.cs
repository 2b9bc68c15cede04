using System;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class CreateKeyTests
{
    [Fact]
    public async Task AnApiIdIsEnough()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string id, string key) = await cp.CreateKeyAsync(api);
        Assert.Matches("^key_[0-9A-Za-z]{9}$", id);
        Assert.Matches("^[1-9A-HJ-NP-Za-km-z]{16,22}$", key);

        JsonElement shown = (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Ok();
        Assert.Equal(["keyId", "start", "enabled", "createdAt"], shown.EnumerateObject().Select(member => member.Name));
        Assert.Equal(key[..4], shown.GetProperty("start").GetString());
        Assert.True(shown.GetProperty("enabled").GetBoolean());
        Assert.Equal(cp.Clock.NowMs, shown.GetProperty("createdAt").GetInt64());
        Assert.Equal("VALID", (await cp.VerifyAsync(key)).Code);
        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM audit_log WHERE event = 'key.create' AND resource_id = '{id}'"));
    }

    [Fact]
    public async Task ThePlainTextIsNowhereInTheDataDirectory()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (_, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","prefix":"canary","byteLength":32""");
        foreach (string file in System.IO.Directory.GetFiles(cp.Directory).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            using System.IO.FileStream stream = new(file, System.IO.FileMode.Open, System.IO.FileAccess.Read, System.IO.FileShare.ReadWrite);
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            string text = System.Text.Encoding.Latin1.GetString(bytes);
            Assert.DoesNotContain(key, text);
            Assert.DoesNotContain(cp.RootKey, text);
        }
    }

    [Fact]
    public async Task AnExpiryInThePastIsAccepted()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(
            await cp.CreateApiAsync(), ""","prefix":"test","name":"Named","byteLength":24,"expires":1704067200000""");
        Assert.StartsWith("test_", key);
        JsonElement shown = (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Ok();
        Assert.Equal("Named", shown.GetProperty("name").GetString());
        Assert.Equal(1704067200000, shown.GetProperty("expires").GetInt64());
        Assert.Equal("EXPIRED", (await cp.VerifyAsync(key)).Code);
    }

    [Fact]
    public async Task ConcurrentCreationsWithOneExternalIdShareOneIdentity()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string Id, string Key)[] keys = await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(_ => Task.Run(() => cp.CreateKeyAsync(api, ""","externalId":"user_1" """))));
        Assert.Equal(20, keys.Select(key => key.Id).Distinct().Count());
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM identities WHERE external_id = 'user_1'"));
        Assert.Equal(1L, cp.Scalar("SELECT count(DISTINCT identity_id) FROM keys WHERE identity_id IS NOT NULL"));
        Answer verified = await cp.VerifyAsync(keys[7].Key);
        Assert.Equal("user_1", verified.Data.GetProperty("identity").GetProperty("externalId").GetString());
    }

    [Fact]
    public async Task MissingSlugsAreCreatedOnceWhateverTheirCase()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        string root = await cp.RootKeyWithAsync("api.*.create_key");
        (string id, string key) = await cp.CreateKeyAsync(
            api, ""","permissions":["documents.read","documents.*","2fa.read","api:read","Documents.Read","api:read"]""", root);
        JsonElement shown = (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Ok();
        Assert.Equal(
            ["2fa.read", "api:read", "documents.*", "documents.read"],
            shown.GetProperty("permissions").EnumerateArray().Select(slug => slug.GetString()!));
        Assert.Equal("VALID", (await cp.VerifyAsync(key, ""","permissions":"documents.* AND (api:read OR nope)" """)).Code);
        Assert.Equal("INSUFFICIENT_PERMISSIONS", (await cp.VerifyAsync(key, ""","permissions":"Documents.Read" """)).Code);

        await cp.CreateKeyAsync(api, ""","permissions":["DOCUMENTS.READ"]""", root);
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM permissions WHERE slug_key = 'documents.read'"));
    }

    [Fact]
    public async Task RolesMustExistAndNothingIsLeftBehindWhenOneDoesNot()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        await cp.CreateRoleAsync("Billing Admin", "billing.read", "billing.write");
        long keys = (long)cp.Scalar("SELECT count(*) FROM keys")!;
        Answer answer = await cp.PostAsync(
            "keys.createKey",
            $$"""{"apiId":"{{api}}","externalId":"left","permissions":["left.behind"],"roles":["billing admin","Ghost"]}""");
        Assert.Contains("Ghost", answer.Refused(404, "unkey/data/role_not_found").Detail);
        Assert.Equal(keys, cp.Scalar("SELECT count(*) FROM keys"));
        Assert.Equal(0L, cp.Scalar("SELECT count(*) FROM identities WHERE external_id = 'left'"));
        Assert.Equal(0L, cp.Scalar("SELECT count(*) FROM permissions WHERE slug = 'left.behind'"));

        (_, string key) = await cp.CreateKeyAsync(api, ""","permissions":["direct"],"roles":["Billing Admin","billing ADMIN"]""");
        JsonElement verified = (await cp.VerifyAsync(key)).Ok();
        Assert.Equal("Billing Admin", Assert.Single(verified.GetProperty("roles").EnumerateArray()).GetString());
        Assert.Equal(3, verified.GetProperty("permissions").GetArrayLength());
    }

    [Fact]
    public async Task CreditsAndRefillsFollowTheirRules()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        string Body(string credits) => $$"""{"apiId":"{{api}}","credits":{{credits}}}""";

        (_, string unlimited) = await cp.CreateKeyAsync(api, ""","credits":{"remaining":null}""");
        Assert.False((await cp.VerifyAsync(unlimited)).Has("credits"));
        Answer noBalance = await cp.PostAsync("keys.createKey", Body("""{"remaining":null,"refill":{"interval":"daily","amount":10}}"""));
        Assert.Contains("credits.remaining", noBalance.Refused(400, "unkey/application/invalid_input").Detail);
        Answer noDay = await cp.PostAsync("keys.createKey", Body("""{"remaining":5,"refill":{"interval":"monthly","amount":10}}"""));
        Assert.Contains("refillDay", noDay.Refused(400, "unkey/application/invalid_input").Detail);
        (await cp.PostAsync("keys.createKey", Body("{}"))).Invalid("/v2/keys.createKey", "/properties/credits/required");

        (string id, _) = await cp.CreateKeyAsync(
            api, ""","credits":{"remaining":50,"refill":{"interval":"daily","amount":100,"refillDay":4}}""");
        Assert.Equal(
            """{"remaining":50,"refill":{"interval":"daily","amount":100}}""",
            (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Data.GetProperty("credits").GetRawText());
        (id, _) = await cp.CreateKeyAsync(api, ""","credits":{"remaining":1,"refill":{"interval":"monthly","amount":7,"refillDay":1}}""");
        Assert.Equal(
            """{"remaining":1,"refill":{"interval":"monthly","amount":7,"refillDay":1}}""",
            (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Data.GetProperty("credits").GetRawText());
    }

    [Fact]
    public async Task RecoverableNeedsAnEncryptionServiceThatThisServerLacks()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        string body = $$"""{"apiId":"{{api}}","recoverable":true}""";
        (await cp.PostAsync("keys.createKey", body)).Refused(412, "unkey/application/precondition_failed");
        (await cp.PostAsync("keys.createKey", body, await cp.RootKeyWithAsync("api.*.read_key"))).Refused(404, "unkey/data/api_not_found");
        await cp.CreateKeyAsync(api, ""","recoverable":false""");
    }

    [Theory]
    [InlineData("""{}""", "/required")]
    [InlineData("""{"apiId":""}""", "/properties/apiId/minLength", "/properties/apiId/pattern")]
    [InlineData("""{"apiId":"ab"}""", "/properties/apiId/minLength")]
    [InlineData("""{"apiId":"api","byteLength":10}""", "/properties/byteLength/minimum")]
    [InlineData("""{"apiId":"api","byteLength":300}""", "/properties/byteLength/maximum")]
    [InlineData("""{"apiId":"api","prefix":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""", "/properties/prefix/maxLength")]
    [InlineData("""{"apiId":"api","expires":-1}""", "/properties/expires/minimum")]
    [InlineData("""{"apiId":"api","permissions":[""]}""", "/properties/permissions/items/minLength", "/properties/permissions/items/pattern")]
    [InlineData("""{"apiId":"api","permissions":["a/b"]}""", "/properties/permissions/items/pattern")]
    [InlineData("""{"apiId":"api","roles":[""]}""", "/properties/roles/items/minLength")]
    [InlineData("""{"apiId":"api","roles":null}""", "/properties/roles/type")]
    [InlineData("""{"apiId":"api","enabled":null}""", "/properties/enabled/type")]
    [InlineData("""{"apiId":"api","externalId":"a b"}""", "/properties/externalId/pattern")]
    [InlineData(
        """{"apiId":"api","ratelimits":[{"name":"requests","limit":1,"duration":999}]}""",
        "/properties/ratelimits/items/properties/duration/minimum",
        "/properties/ratelimits/items/required")]
    [InlineData("""{"apiId":"api","byteLength":16.0}""")]
    [InlineData("""{"apiId":"api","expires":1e3}""")]
    public async Task WhatTheSchemaRefusesChangesNothing(string body, params string[] locations)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync("keys.createKey", body)).Invalid("/v2/keys.createKey", locations);
    }

    [Fact]
    public async Task MaskedRefusalsAreIdenticalForExistingAndMissingApis()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        string keyspace = (string)cp.Scalar($"SELECT keyspace_id FROM apis WHERE id = '{api}'")!;
        (_, string otherRoot) = await cp.CreateWorkspaceAsync();
        string foreign = await cp.CreateApiAsync(otherRoot);
        string missing = (await cp.PostAsync("keys.createKey", """{"apiId":"api_missing11"}""")).Refused(404, "unkey/data/api_not_found").Error.GetRawText();
        string Urn(string path, string action) => $"unkey:v1:{cp.WorkspaceId}:{path}#{action}";

        foreach (string[] granted in new[]
        {
            (string[])[], [Urn($"keyspaces/{keyspace}", "read_keyspace")], [Urn("keyspaces/ks_other1234", "create_key")], ["some.other.permission"],
        })
        {
            string root = await cp.RootKeyWithAsync(granted);
            foreach (string id in new[] { api, "api_missing11", foreign })
            {
                Answer answer = await cp.PostAsync("keys.createKey", $$"""{"apiId":"{{id}}"}""", root);
                Assert.Equal(missing, answer.Refused(404, "unkey/data/api_not_found").Error.GetRawText());
                Assert.DoesNotContain(keyspace, answer.Text);
            }
        }

        foreach (string granted in new[]
        {
            "api.*.create_key", $"api.{api}.create_key", Urn($"keyspaces/{keyspace}", "create_key"), Urn("keyspaces/*", "create_key"), Urn("**", "*"),
        })
        {
            await cp.CreateKeyAsync(api, bearer: await cp.RootKeyWithAsync(granted));
        }
    }

    [Fact]
    public async Task AnApiWithoutAKeyspaceIs412OnlyForThoseWhoMayCreate()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        await cp.WriteAsync(session => session.Execute(
            "UPDATE keyspaces SET deleted_at = 1 WHERE id = (SELECT keyspace_id FROM apis WHERE id = @id)", ("@id", api)));
        (await cp.PostAsync("keys.createKey", $$"""{"apiId":"{{api}}"}""")).Refused(412, "unkey/application/precondition_failed");
        (await cp.PostAsync("keys.createKey", $$"""{"apiId":"{{api}}"}""", await cp.RootKeyWithAsync("api.*.read_key")))
            .Refused(404, "unkey/data/api_not_found");
    }

    [Fact]
    public async Task MetadataOfEveryKindComesBackEqual()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        const string Meta = """
            {"text":"\u00e4\ud83d\ude00\"\\/","int":9007199254740993,"float":1.50,"exp":1e-7,"t":true,"f":false,"n":null,
            "a":[1,[],{}],"o":{"deep":[{"x":""}]}}
            """;
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), $$""","meta": {{Meta}}""");
        JsonElement shown = (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Ok().GetProperty("meta");
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(Meta).RootElement, shown));
        Assert.Equal("9007199254740993", shown.GetProperty("int").GetRawText());
        Assert.True(JsonElement.DeepEquals(shown, (await cp.VerifyAsync(key)).Data.GetProperty("meta")));

        (_, string repeated) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","meta":{"a":1,"b":{"c":1,"c":2},"a":3}""");
        Assert.Equal("""{"a":3,"b":{"c":2}}""", (await cp.VerifyAsync(repeated)).Data.GetProperty("meta").GetRawText());
        (_, string empty) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","meta":{}""");
        Assert.False((await cp.VerifyAsync(empty)).Has("meta"));
    }
}
