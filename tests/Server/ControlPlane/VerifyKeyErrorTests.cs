using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

/// <summary>verifyKey off the reactor: the errors that the hot path leaves to it, and the answers it gives to anything else.</summary>
public sealed class VerifyKeyErrorTests
{
    [Theory]
    [InlineData("""{}""", "/required")]
    [InlineData("""{"key":""}""", "/properties/key/minLength")]
    [InlineData("""{"key":"x","credits":{"cost":-1}}""", "/properties/credits/properties/cost/minimum")]
    [InlineData("""{"key":"x","credits":{}}""", "/properties/credits/required")]
    [InlineData("""{"key":"x","ratelimits":[{"name":"abc","cost":-1}]}""", "/properties/ratelimits/items/properties/cost/minimum")]
    [InlineData("""{"key":"x","tags":[""]}""", "/properties/tags/items/minLength")]
    [InlineData("""{"key":"x","foo":1}""", "/additionalProperties")]
    [InlineData("""{"key":"x","permissions":null}""", "/properties/permissions/type")]
    [InlineData("""{"key":"x","credits":{"cost":5.0}}""")]
    [InlineData("""{"key":"x","ratelimits":[{"name":"abc","limit":1e2}]}""")]
    public async Task ABadBodyIsExplained(string body, params string[] locations)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync("keys.verifyKey", body)).Invalid("/v2/keys.verifyKey", locations);
    }

    [Fact]
    public async Task TooManyTagsAreRefused()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string Tags(int count) => string.Join(',', Enumerable.Repeat("\"a b/é😀\"", count));
        (await cp.VerifyAsync("x", $",\"tags\":[{Tags(20)}]")).Ok();
        (await cp.VerifyAsync("x", $",\"tags\":[{Tags(21)}]")).Invalid("/v2/keys.verifyKey", "/properties/tags/maxItems");
    }

    [Theory]
    [InlineData("   ", "required")]
    [InlineData("permission_1 AND", "unexpected end of query")]
    [InlineData("(permission_1 AND permission_2", "missing closing parenthesis at 30")]
    [InlineData("permission_1 AND ()", "empty parentheses at 18")]
    [InlineData("AND permission_1", "unexpected token 'AND' at 0")]
    [InlineData("a b", "extra content")]
    [InlineData("perm1 @ perm2", "invalid character '@' at 6")]
    public async Task AQueryThatDoesNotParseIsA400ForAFoundKeyOnly(string query, string complaint)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (_, string key) = await cp.CreateKeyAsync(api, ""","enabled":false""");
        Answer answer = (await cp.VerifyAsync(key, $",\"permissions\":\"{query}\"")).Refused(400, "user/bad_request/permissions_query_syntax_error");
        Assert.Contains(complaint, answer.Detail);
        Assert.Equal(0, answer.Error.GetProperty("errors").GetArrayLength());
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync("unknown", $",\"permissions\":\"{query}\"")).Code);
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync(key, $",\"permissions\":\"{query}\"", await cp.RootKeyWithAsync("api.*.read_key"))).Code);
    }

    [Fact]
    public async Task AnUnknownLimitIsA412ThatNamesItAndTakesNothing()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        const string Limits = ""","credits":{"remaining":5},"ratelimits":[{"name":"auto","limit":5,"duration":60000,"autoApply":true}]""";
        (string id, string key) = await cp.CreateKeyAsync(api, Limits);
        Answer plain = (await cp.VerifyAsync(key, ""","ratelimits":[{"name":"nope","cost":2}]"""))
            .Refused(412, "unkey/application/precondition_failed");
        Assert.Contains("nope", plain.Detail);
        Assert.Contains(id, plain.Detail);
        Assert.DoesNotContain("identity", plain.Detail);

        (id, key) = await cp.CreateKeyAsync(api, Limits + ""","externalId":"user_42" """);
        string identity = (string)cp.Scalar("SELECT id FROM identities WHERE external_id = 'user_42'")!;
        Answer linked = (await cp.VerifyAsync(key, ""","ratelimits":[{"name":"lone limit","limit":3}]"""))
            .Refused(412, "unkey/application/precondition_failed");
        foreach (string part in new[] { "lone limit", id, identity, "user_42" })
        {
            Assert.Contains(part, linked.Detail);
        }

        Answer valid = await cp.VerifyAsync(key);
        Assert.Equal(4, valid.Data.GetProperty("credits").GetInt64());
        Assert.Equal(4, valid.Data.GetProperty("ratelimits")[0].GetProperty("remaining").GetInt64());
    }

    [Fact]
    public async Task ARequestThatIsValidAfterAllGetsTheFullAnswer()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateRoleAsync("ops", "ops.a", "ops.b");
        (await cp.PostAsync(
            "identities.createIdentity",
            """
            {"externalId":"u1","meta":{"m":1},"ratelimits":[{"name":"shared","limit":9,"duration":60000,"autoApply":false},
            {"name":"own","limit":8,"duration":60000,"autoApply":true}]}
            """)).Ok();
        (string id, string key) = await cp.CreateKeyAsync(
            await cp.CreateApiAsync(),
            """
            ,"name":"n","externalId":"u1","roles":["ops"],"permissions":["direct"],
            "ratelimits":[{"name":"own","limit":3,"duration":60000,"autoApply":true}]
            """);
        Answer answer = await cp.VerifyAsync(key, ""","ratelimits":[{"name":"requests","cost":3,"limit":10,"duration":60000},{"name":"shared"}]""");
        answer.Ok();
        Assert.True(answer.Data.GetProperty("valid").GetBoolean());
        Assert.Equal(id, answer.Field("keyId"));
        Assert.Equal(3, answer.Data.GetProperty("permissions").GetArrayLength());
        string remaining = string.Join(' ', answer.Data.GetProperty("ratelimits").EnumerateArray()
            .Select(limit => $"{limit.GetProperty("name")}:{limit.GetProperty("remaining")}:{limit.GetProperty("autoApply")}"));
        Assert.Equal("requests:7:False shared:8:False own:2:True", remaining);

        // The key's own limit hides the identity's of the same name.
        Assert.Equal("shared", Assert.Single(answer.Data.GetProperty("identity").GetProperty("ratelimits").EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task EveryKindOfGrantOpensAndEveryOtherHides()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string id, string key) = await cp.CreateKeyAsync(api);
        string keyspace = (string)cp.Scalar($"SELECT keyspace_id FROM apis WHERE id = '{api}'")!;
        string urn = $"unkey:v1:{cp.WorkspaceId}:keyspaces/{keyspace}/keys/{id}#verify_key";
        foreach (string granted in new[] { "api.*.verify_key", $"api.{api}.verify_key", urn })
        {
            Assert.Equal("VALID", (await cp.VerifyAsync(key, bearer: await cp.RootKeyWithAsync(granted))).Code);
        }

        (_, string otherRoot) = await cp.CreateWorkspaceAsync();
        foreach (string root in new[] { await cp.RootKeyWithAsync("api.*.read_key"), await cp.RootKeyWithAsync("api.api_other123.verify_key"), otherRoot })
        {
            Assert.Equal("""{"valid":false,"code":"NOT_FOUND"}""", (await cp.VerifyAsync(key, bearer: root)).Data.GetRawText());
        }

        (await cp.VerifyAsync(key, bearer: "unknown")).Refused(401, "unkey/authentication/key_not_found");
    }
}
