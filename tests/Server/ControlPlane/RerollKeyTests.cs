using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class RerollKeyTests
{
    private const string Operation = "keys.rerollKey";
    private const string Path = "/v2/keys.rerollKey";

    [Fact]
    public async Task TheNewKeyHasEverythingButIdsAndSecret()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateRoleAsync("editor", "docs.write");
        (string id, string key) = await cp.CreateKeyAsync(
            await cp.CreateApiAsync(),
            """
            ,"prefix":"sk_live","name":"mine","externalId":"user_1","meta":{"a":[1]},"roles":["editor"],"permissions":["docs.read"],"enabled":true,
            "credits":{"remaining":10,"refill":{"interval":"monthly","amount":20,"refillDay":31}},
            "ratelimits":[{"name":"requests","limit":5,"duration":60000,"autoApply":true}]
            """);
        (await cp.VerifyAsync(key)).Ok();
        JsonElement before = await cp.ShownKeyAsync(id);

        (string newId, string newKey) = await RerollAsync(cp, id, 60_000);
        Assert.NotEqual(id, newId);
        Assert.NotEqual(key, newKey);
        Assert.StartsWith("sk_live_", newKey);
        JsonElement after = await cp.ShownKeyAsync(newId);
        foreach (string member in new[] { "name", "meta", "permissions", "roles", "enabled", "credits", "identity" })
        {
            Assert.Equal(before.GetProperty(member).GetRawText(), after.GetProperty(member).GetRawText());
        }

        Assert.Equal(9, after.GetProperty("credits").GetProperty("remaining").GetInt64());
        JsonElement oldLimit = before.GetProperty("ratelimits")[0];
        JsonElement newLimit = after.GetProperty("ratelimits")[0];
        Assert.NotEqual(oldLimit.GetProperty("id").GetString(), newLimit.GetProperty("id").GetString());
        foreach (string member in new[] { "name", "limit", "duration", "autoApply" })
        {
            Assert.Equal(oldLimit.GetProperty(member).GetRawText(), newLimit.GetProperty(member).GetRawText());
        }

        Assert.False(after.TryGetProperty("expires", out _));
        Assert.False(after.TryGetProperty("updatedAt", out _));
        Assert.Equal("VALID", (await cp.VerifyAsync(newKey)).Code);
        Assert.Equal("VALID", (await cp.VerifyAsync(key)).Code);
        Assert.Equal(1, cp.CountAudit("key.reroll"));
        Assert.Equal(2, cp.CountAudit("authorization.connect_permission_and_key"));
    }

    [Fact]
    public async Task TheOldKeyGoesOnToTheEndOfTheMinute()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        cp.Clock.NowMs = 1_750_000_000_000 + 1;
        await RerollAsync(cp, id, 60_000);
        long expires = (await cp.ShownKeyAsync(id)).GetProperty("expires").GetInt64();
        Assert.Equal(0, expires % 60_000);
        Assert.InRange(expires, cp.Clock.NowMs + 60_000, cp.Clock.NowMs + 120_000);
        cp.Clock.NowMs = expires;
        Assert.Equal("VALID", (await cp.VerifyAsync(key)).Code);
        cp.Clock.NowMs++;
        Assert.Equal("EXPIRED", (await cp.VerifyAsync(key)).Code);
    }

    [Fact]
    public async Task WithoutAnExpirationTheOldKeyIsExpiredAtOnceAndTheNewOneKeepsTheFormerExpiry()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","expires":4000000000000""");
        (string newId, string newKey) = await RerollAsync(cp, id, 0);
        Assert.Equal("EXPIRED", (await cp.VerifyAsync(key)).Code);
        Assert.Equal("VALID", (await cp.VerifyAsync(newKey)).Code);
        Assert.Equal(4_000_000_000_000, (await cp.ShownKeyAsync(newId)).GetProperty("expires").GetInt64());
        Assert.InRange((await cp.ShownKeyAsync(id)).GetProperty("expires").GetInt64(), cp.Clock.NowMs - 1, cp.Clock.NowMs);
    }

    [Fact]
    public async Task DefaultsOfTheApiDecideWhereTheOldKeyHasNoPrefix()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string id, string key) = await cp.CreateKeyAsync(api);
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","defaultPrefix":"acme","defaultBytes":64}""")).Ok();
        (_, string newKey) = await RerollAsync(cp, id, 0);
        Assert.DoesNotContain('_', key);
        Assert.StartsWith("acme_", newKey);
        Assert.True(newKey.Length > 80);
    }

    [Fact]
    public async Task ABodyThatIsNotValidIsRefusedAndUnknownMembersAreIgnored()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, _) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        (await cp.PostAsync(Operation, """{"expiration":0}""")).Invalid(Path, "/required");
        (await cp.PostAsync(Operation, """{"keyId":"ab","expiration":0}""")).Invalid(Path, "/properties/keyId/minLength");
        (await cp.PostAsync(Operation, $$"""{"keyId":"{{id}}"}""")).Invalid(Path, "/required");
        (await cp.PostAsync(Operation, $$"""{"keyId":"{{id}}","expiration":-1}""")).Invalid(Path, "/properties/expiration/minimum");
        (await cp.PostAsync(Operation, $$"""{"keyId":"{{id}}","expiration":4102444800001}""")).Invalid(Path, "/properties/expiration/maximum");
        (await cp.PostAsync(Operation, $$"""{"keyId":"{{id}}","expiration":4102444800000,"more":1}""")).Ok();
    }

    [Fact]
    public async Task PermissionAndWorkspaceDecideWhoMayReroll()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string id, _) = await cp.CreateKeyAsync(api);
        string body = $$"""{"keyId":"{{id}}","expiration":0}""";
        foreach (string[] permissions in new[] { [], new[] { "api.*.read_key", "api.*.update_key" }, ["api.api_other.create_key"] })
        {
            (await cp.PostAsync(Operation, body, await cp.RootKeyWithAsync(permissions)))
                .Refused(403, "unkey/authorization/insufficient_permissions");
        }

        (_, string foreigner) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Operation, body, foreigner)).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync(Operation, """{"keyId":"key_unknown","expiration":0}""")).Refused(404, "unkey/data/key_not_found");
        object keyspace = cp.Scalar($"SELECT keyspace_id FROM keys WHERE id = '{id}'")!;
        (await cp.PostAsync(Operation, body, await cp.RootKeyWithAsync($"unkey:v1:{cp.WorkspaceId}:keyspaces/{keyspace}#create_key"))).Ok();
    }

    private static async Task<(string Id, string Key)> RerollAsync(ControlPlaneFixture cp, string id, long expiration)
    {
        Answer answer = await cp.PostAsync(Operation, $$"""{"keyId":"{{id}}","expiration":{{expiration}}}""");
        answer.Ok();
        return (answer.Field("keyId"), answer.Field("key"));
    }
}
