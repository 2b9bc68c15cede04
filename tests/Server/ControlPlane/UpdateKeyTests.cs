using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class UpdateKeyTests
{
    [Theory]
    [InlineData("name", "\"one\"", "\"two\"")]
    [InlineData("meta", """{"a":1}""", """{"b":[2]}""")]
    [InlineData("expires", "4000000000000", "4000000000001")]
    [InlineData("externalId", "\"user_1\"", "\"user_2\"")]
    public async Task AThreeStateFieldIsSetKeptClearedAndSetAgain(string field, string first, string second)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        async Task<string?> ShownAsync()
        {
            JsonElement data = (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Ok();
            JsonElement verified = (await cp.VerifyAsync(key)).Ok();
            if (field == "externalId")
            {
                Assert.Equal(data.TryGetProperty("identity", out _), verified.TryGetProperty("identity", out _));
                return data.TryGetProperty("identity", out JsonElement identity) ? identity.GetProperty(field).GetRawText() : null;
            }

            string? shown = data.TryGetProperty(field, out JsonElement value) ? value.GetRawText() : null;
            Assert.Equal(shown, verified.TryGetProperty(field, out JsonElement same) ? same.GetRawText() : null);
            return shown;
        }

        Assert.Null(await ShownAsync());
        await UpdateAsync(cp, id, $"\"{field}\":{first}");
        Assert.Equal(first, await ShownAsync());
        await UpdateAsync(cp, id, "\"enabled\":true");
        Assert.Equal(first, await ShownAsync());
        await UpdateAsync(cp, id, $"\"{field}\":null");
        Assert.Null(await ShownAsync());
        await UpdateAsync(cp, id, $"\"{field}\":{second}");
        Assert.Equal(second, await ShownAsync());
    }

    [Fact]
    public async Task TheCreditsMatrixHolds()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(
            await cp.CreateApiAsync(), ""","credits":{"remaining":1000,"refill":{"interval":"monthly","amount":50,"refillDay":31}}""");
        const string Monthly = """{"remaining":1000,"refill":{"interval":"monthly","amount":50,"refillDay":31}}""";
        async Task<string?> CreditsAsync()
        {
            JsonElement data = (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Ok();
            return data.TryGetProperty("credits", out JsonElement credits) ? credits.GetRawText() : null;
        }

        Assert.Equal(Monthly, await CreditsAsync());
        await UpdateAsync(cp, id, "\"credits\":{}");
        Assert.Equal(Monthly, await CreditsAsync());
        await UpdateAsync(cp, id, "\"credits\":{\"remaining\":7}");
        Assert.Equal("""{"remaining":7,"refill":{"interval":"monthly","amount":50,"refillDay":31}}""", await CreditsAsync());
        await UpdateAsync(cp, id, "\"credits\":{\"refill\":null}");
        Assert.Equal("""{"remaining":7}""", await CreditsAsync());
        await UpdateAsync(cp, id, "\"credits\":{\"refill\":{\"interval\":\"daily\",\"amount\":250}}");
        Assert.Equal("""{"remaining":7,"refill":{"interval":"daily","amount":250}}""", await CreditsAsync());
        await UpdateAsync(cp, id, "\"credits\":{\"remaining\":5,\"refill\":{\"interval\":\"monthly\",\"amount\":1,\"refillDay\":2}}");
        Assert.Equal("""{"remaining":5,"refill":{"interval":"monthly","amount":1,"refillDay":2}}""", await CreditsAsync());
        await UpdateAsync(cp, id, "\"credits\":{\"remaining\":null}");
        Assert.Null(await CreditsAsync());
        Assert.False((await cp.VerifyAsync(key)).Has("credits"));
        await UpdateAsync(cp, id, "\"credits\":{\"remaining\":3}");
        Assert.Equal("""{"remaining":3}""", await CreditsAsync());
        await UpdateAsync(cp, id, "\"credits\":null");
        Assert.Null(await CreditsAsync());

        string Credits(string refill) => $$"""{"keyId":"{{id}}","credits":{"refill":{{refill}} } }""";
        Assert.Contains("refillDay", (await cp.PostAsync("keys.updateKey", Credits("""{"interval":"monthly","amount":1}""")))
            .Refused(400, "unkey/application/invalid_input").Detail);
        Assert.Contains("refillDay", (await cp.PostAsync("keys.updateKey", Credits("""{"interval":"daily","amount":1,"refillDay":4}""")))
            .Refused(400, "unkey/application/invalid_input").Detail);
    }

    [Fact]
    public async Task ANewBalanceCountsFromTheNextVerification()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","credits":{"remaining":100}""");
        Assert.Equal(99, (await cp.VerifyAsync(key)).Data.GetProperty("credits").GetInt64());
        await UpdateAsync(cp, id, "\"credits\":{\"remaining\":50}");
        Assert.Equal(49, (await cp.VerifyAsync(key)).Data.GetProperty("credits").GetInt64());
        await UpdateAsync(cp, id, "\"name\":\"renamed\"");
        Assert.Equal(48, (await cp.VerifyAsync(key)).Data.GetProperty("credits").GetInt64());
    }

    [Fact]
    public async Task SpentCreditsSurviveARestartAndMixWithUpdatesExactly()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string id, string key) = await cp.CreateKeyAsync(api, ""","credits":{"remaining":100}""");
        (_, string other) = await cp.CreateKeyAsync(api, ""","credits":{"remaining":10}""");
        await cp.VerifyAsync(other, ""","credits":{"cost":4}""");
        for (int i = 0; i < 20; i++)
        {
            await cp.VerifyAsync(key);
            if (i % 5 == 0)
            {
                await cp.Host.FlushCreditsAsync();
            }
        }

        await cp.Host.FlushCreditsAsync();
        Assert.Equal(80L, cp.Scalar($"SELECT remaining FROM keys WHERE id = '{id}'"));
        await cp.VerifyAsync(key);
        await UpdateAsync(cp, id, "\"credits\":{\"remaining\":50}");
        await cp.VerifyAsync(key);
        await cp.RestartAsync();
        Assert.Equal(49L, cp.Scalar($"SELECT remaining FROM keys WHERE id = '{id}'"));
        Assert.Equal(48, (await cp.VerifyAsync(key)).Data.GetProperty("credits").GetInt64());
        Assert.Equal(5, (await cp.VerifyAsync(other)).Data.GetProperty("credits").GetInt64());
    }

    [Fact]
    public async Task ListsReplaceTheWholeSetAndAbsentOnesKeepIt()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateRoleAsync("reader", "r.read");
        await cp.CreateRoleAsync("Writer", "r.write");
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","permissions":["a","b"],"roles":["reader"]""");
        async Task<string> SlugsAsync() => (await cp.VerifyAsync(key)).Data is { } data && data.TryGetProperty("permissions", out JsonElement slugs)
            ? string.Join(' ', slugs.EnumerateArray().Select(slug => slug.GetString()))
            : "";

        Assert.Equal("a b r.read", await SlugsAsync());
        await UpdateAsync(cp, id, "\"permissions\":[\"B\",\"new.one\"],\"roles\":[\"writer\"]");
        Assert.Equal("b new.one r.write", await SlugsAsync());
        await UpdateAsync(cp, id, "\"name\":\"x\"");
        Assert.Equal("b new.one r.write", await SlugsAsync());
        (await cp.PostAsync("keys.updateKey", $$"""{"keyId":"{{id}}","name":"y","permissions":[],"roles":["reader","ghost"]}"""))
            .Refused(404, "unkey/data/role_not_found");
        Assert.Equal("b new.one r.write", await SlugsAsync());
        Assert.Equal("x", (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Field("name"));
        await UpdateAsync(cp, id, "\"permissions\":[],\"roles\":[]");
        Assert.Equal("", await SlugsAsync());
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM permissions WHERE slug_key = 'b'"));
    }

    [Fact]
    public async Task ARateLimitKeepsItsIdByName()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(
            await cp.CreateApiAsync(),
            ""","ratelimits":[{"name":"requests","limit":5,"duration":60000,"autoApply":true},{"name":"gone","limit":1,"duration":1000,"autoApply":false}]""");
        JsonElement Limits(JsonElement data) => data.GetProperty("ratelimits");
        string before = Limits((await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Ok()).EnumerateArray()
            .Single(limit => limit.GetProperty("name").GetString() == "requests").GetProperty("id").GetString()!;
        await UpdateAsync(
            cp,
            id,
            """
            "ratelimits":[{"name":"requests","limit":1,"duration":60000,"autoApply":true},
            {"name":"requests","limit":2,"duration":60000,"autoApply":true}]
            """);
        JsonElement after = Assert.Single(Limits((await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Ok()).EnumerateArray());
        Assert.Equal(before, after.GetProperty("id").GetString());
        Assert.Equal(2, after.GetProperty("limit").GetInt64());
        foreach (string code in new[] { "VALID", "VALID", "RATE_LIMITED" })
        {
            Assert.Equal(code, (await cp.VerifyAsync(key)).Code);
        }

        await UpdateAsync(cp, id, "\"ratelimits\":[]");
        Assert.False((await cp.VerifyAsync(key)).Has("ratelimits"));
    }

    [Fact]
    public async Task EnabledAndUpdatedAtFollow()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        cp.Clock.NowMs += 5;
        await UpdateAsync(cp, id, "\"enabled\":false");
        Answer disabled = await cp.VerifyAsync(key);
        Assert.Equal("DISABLED", disabled.Code);
        Assert.False(disabled.Data.GetProperty("enabled").GetBoolean());
        Assert.Equal(cp.Clock.NowMs, (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}"}""")).Data.GetProperty("updatedAt").GetInt64());
        await UpdateAsync(cp, id, "\"enabled\":true");
        Assert.Equal("VALID", (await cp.VerifyAsync(key)).Code);
    }

    [Fact]
    public async Task ConcurrentUpdatesAllSucceedAndShareOneNewIdentity()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string Id, string Key)[] keys = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => cp.CreateKeyAsync(api)));
        await Task.WhenAll(keys.Select(key => Task.Run(() => UpdateAsync(
            cp, key.Id, "\"externalId\":\"shared\",\"ratelimits\":[{\"name\":\"same\",\"limit\":1,\"duration\":1000,\"autoApply\":false}]"))));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM identities WHERE external_id = 'shared'"));
        Assert.Equal(10L, cp.Scalar("SELECT count(*) FROM keys WHERE identity_id IS NOT NULL"));
    }

    [Fact]
    public async Task PermissionsAndVisibilityAreChecked()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string id, _) = await cp.CreateKeyAsync(api);
        (_, string otherRoot) = await cp.CreateWorkspaceAsync();
        string body = $$"""{"keyId":"{{id}}","name":"n"}""";
        foreach (string granted in new[] { "api.*.update_key", $"api.{api}.update_key", $"unkey:v1:{cp.WorkspaceId}:**#*" })
        {
            (await cp.PostAsync("keys.updateKey", body, await cp.RootKeyWithAsync(granted))).Ok();
        }

        foreach (string lacking in new[] { "api.*.create_key", $"unkey:v1:{cp.WorkspaceId}:keyspaces/*#update_key", "unkey:v1:ws_other:**#*" })
        {
            (await cp.PostAsync("keys.updateKey", body, await cp.RootKeyWithAsync(lacking)))
                .Refused(403, "unkey/authorization/insufficient_permissions");
        }

        (await cp.PostAsync("keys.updateKey", body, otherRoot)).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync("keys.updateKey", """{"keyId":"key_unknown"}""")).Refused(404, "unkey/data/key_not_found");
        (await cp.PostAsync("keys.updateKey", $$"""{"keyId":"{{id}}","ratelimits":null,"enabled":null,"roles":"x"}""")).Invalid(
            "/v2/keys.updateKey", "/properties/ratelimits/type", "/properties/enabled/type", "/properties/roles/type");
    }

    private static async Task UpdateAsync(ControlPlaneFixture cp, string id, string members) =>
        Assert.Empty((await cp.PostAsync("keys.updateKey", $$"""{"keyId":"{{id}}",{{members}}}""")).Ok().EnumerateObject());
}
