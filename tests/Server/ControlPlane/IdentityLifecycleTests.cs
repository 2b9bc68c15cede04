using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class IdentityLifecycleTests
{
    private const string List = "identities.listIdentities";
    private const string Update = "identities.updateIdentity";
    private const string Delete = "identities.deleteIdentity";
    private const string NotFound = "unkey/data/identity_not_found";
    private const string Denied = "unkey/authorization/insufficient_permissions";

    [Fact]
    public async Task PagesGiveEveryLiveIdentityOnceInTheOrderOfTheIds()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Answer empty = await cp.PostAsync(List, "{}");
        Assert.Empty(empty.Each("id"));
        Assert.False(empty.HasMore);
        List<string> made = [];
        for (int i = 0; i < 7; i++)
        {
            made.Add(await CreateAsync(cp, $"user_{i}", ""","meta":{"i":1},"ratelimits":[{"name":"api_calls","limit":100,"duration":60000,"autoApply":false}]"""));
        }

        (await cp.PostAsync(Delete, """{"identity":"user_3"}""")).OkWithoutData();
        made.RemoveAt(3);
        Answer first = await cp.PostAsync(List, """{"limit":5}""");
        Assert.True(first.HasMore);
        JsonElement row = first.Data[0];
        Assert.Equal("""{"i":1}""", row.GetProperty("meta").GetRawText());
        Assert.Equal(100, row.GetProperty("ratelimits")[0].GetProperty("limit").GetInt64());
        Answer second = await cp.PostAsync(List, $$"""{"limit":5,"cursor":"{{first.Cursor}}"}""");
        Assert.Equal(made.Order(StringComparer.Ordinal), first.Each("id").Concat(second.Each("id")));
        Assert.Null(second.Cursor);
        Assert.Empty((await cp.PostAsync(List, """{"cursor":"~ no id"}""")).Each("id"));
    }

    [Fact]
    public async Task SearchIsALiteralPartWithoutRegardToCase()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string alice = await CreateAsync(cp, "acme_alice");
        await CreateAsync(cp, "acme_bob");
        await CreateAsync(cp, "discount");
        await cp.WriteAsync(static session => session.Execute(
            "UPDATE identities SET external_id = @new WHERE external_id = 'discount'", ("@new", "discount_100%_Üser")));
        foreach ((string search, string[] found) in new (string, string[])[]
        {
            ("alice", ["acme_alice"]),
            (alice, ["acme_alice"]),
            ("ACME_ALICE", ["acme_alice"]),
            ("Acme", ["acme_alice", "acme_bob"]),
            ("100%", ["discount_100%_Üser"]),
            ("üSER", ["discount_100%_Üser"]),
            ("b_b", []),
            ("does-not-exist", []),
            ("   ", ["acme_alice", "acme_bob", "discount_100%_Üser"]),
            ("  alice ", ["acme_alice"]),
        })
        {
            Answer answer = await cp.PostAsync(List, JsonSerializer.Serialize(new Dictionary<string, string> { ["search"] = search }));
            Assert.Equal(found, answer.Each("externalId").Order(StringComparer.Ordinal));
        }

        Answer page = await cp.PostAsync(List, """{"search":"acme","limit":1}""");
        Assert.True(page.HasMore);
        Answer rest = await cp.PostAsync(List, $$"""{"search":"acme","limit":1,"cursor":"{{page.Cursor}}"}""");
        Assert.False(rest.HasMore);
        Assert.Equal(["acme_alice", "acme_bob"], page.Each("externalId").Concat(rest.Each("externalId")).Order(StringComparer.Ordinal));
        (await cp.PostAsync(List, $$"""{"search":"{{new string('a', 257)}}"}""")).Invalid("/v2/" + List, "/properties/search/maxLength");
        (await cp.PostAsync(List, """{"limit":200}""")).Invalid("/v2/" + List, "/properties/limit/maximum");
    }

    [Fact]
    public async Task EveryRowOfAPageMustBeReadable()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string nobody = await cp.RootKeyWithAsync();
        Assert.Empty((await cp.PostAsync(List, "{}", nobody)).Each("id"));
        string alice = await CreateAsync(cp, "alice");
        await CreateAsync(cp, "bob");
        Assert.Contains("Missing one of these permissions", (await cp.PostAsync(List, "{}", nobody)).Refused(403, Denied).Detail);
        string one = await cp.RootKeyWithAsync($"identity.{alice}.read_identity");
        (await cp.PostAsync(List, "{}", one)).Refused(403, Denied);
        Assert.Equal([alice], (await cp.PostAsync(List, $$"""{"search":"{{alice}}"}""", one)).Each("id"));
        string urn = await cp.RootKeyWithAsync($"unkey:v1:{cp.WorkspaceId}:projects/*/identities/*#read_identity");
        Assert.Equal(2, (await cp.PostAsync(List, "{}", urn)).Ok().GetArrayLength());
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        Assert.Empty((await cp.PostAsync(List, "{}", foreign)).Each("id"));
    }

    [Fact]
    public async Task AnUpdateReplacesLimitsByNameAndEchoesOnlyItsOwnMetadata()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string id = await CreateAsync(cp, "alice", $$""","ratelimits":[{{Limit("api_calls", 100)}},{{Limit("special_feature", 7)}}]""");
        JsonElement before = (await cp.PostAsync("identities.getIdentity", """{"identity":"alice"}""")).Ok();
        string kept = before.GetProperty("ratelimits").EnumerateArray().Single(row => row.GetProperty("name").GetString() == "api_calls").GetProperty("id").GetString()!;

        Answer limits = await cp.PostAsync(Update, $$"""{"identity":"{{id}}","ratelimits":[{{Limit("api_calls", 200)}},{{Limit("new_feature", 5)}}]}""");
        JsonElement[] rows = [.. limits.Ok().GetProperty("ratelimits").EnumerateArray().OrderBy(static row => row.GetProperty("name").GetString(), StringComparer.Ordinal)];
        Assert.Equal(["api_calls", "new_feature"], rows.Select(static row => row.GetProperty("name").GetString()!));
        Assert.Equal(kept, rows[0].GetProperty("id").GetString());
        Assert.Equal(200, rows[0].GetProperty("limit").GetInt64());
        Assert.False(limits.Has("meta"));

        Answer meta = await cp.PostAsync(Update, """{"identity":"alice","meta":{"joined":"2023-01-01","active":true}}""");
        Assert.Equal("""{"joined":"2023-01-01","active":true}""", meta.Ok().GetProperty("meta").GetRawText());
        Assert.Equal(2, meta.Data.GetProperty("ratelimits").GetArrayLength());

        Answer nothing = await cp.PostAsync(Update, """{"identity":"alice"}""");
        nothing.Ok();
        Assert.False(nothing.Has("meta"));
        JsonElement stored = (await cp.PostAsync("identities.getIdentity", """{"identity":"alice"}""")).Ok();
        Assert.Equal("2023-01-01", stored.GetProperty("meta").GetProperty("joined").GetString());

        Answer cleared = await cp.PostAsync(Update, """{"identity":"alice","meta":{},"ratelimits":[]}""");
        cleared.Ok();
        Assert.False(cleared.Has("meta"));
        Assert.False(cleared.Has("ratelimits"));
        Assert.Equal(0L, cp.Scalar($"SELECT count(*) FROM ratelimits WHERE identity_id = '{id}'"));
        Assert.Equal(DBNull.Value, cp.Scalar($"SELECT meta FROM identities WHERE id = '{id}'"));
        Assert.Equal(3L, cp.Scalar($"SELECT count(*) FROM audit_log WHERE event = 'identity.update' AND resource_id = '{id}'"));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM audit_log WHERE event = 'ratelimit.update'"));
        Assert.Equal(3L, cp.Scalar("SELECT count(*) FROM audit_log WHERE event = 'ratelimit.delete'"));
    }

    [Fact]
    public async Task AnUpdateIsSeenByTheNextVerification()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await CreateAsync(cp, "alice");
        (_, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","externalId":"alice" """);
        (await cp.PostAsync(Update, """{"identity":"alice","meta":{"v":2},"ratelimits":[{"name":"calls","limit":1,"duration":60000,"autoApply":true}]}""")).Ok();
        Answer first = await cp.VerifyAsync(key);
        Assert.Equal("VALID", first.Code);
        Assert.Equal(2, first.Data.GetProperty("identity").GetProperty("meta").GetProperty("v").GetInt32());
        Assert.Equal("RATE_LIMITED", (await cp.VerifyAsync(key)).Code);
        (await cp.PostAsync(Delete, """{"identity":"alice"}""")).OkWithoutData();
        Answer last = await cp.VerifyAsync(key);
        Assert.Equal("VALID", last.Code);
        Assert.False(last.Has("identity"));
    }

    [Fact]
    public async Task BadUpdatesAreRefusedInTheOrderOfTheContract()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync(Update, "{}")).Invalid("/v2/" + Update, "/required");
        (await cp.PostAsync(Update, """{"identity":"x","meta":null}""")).Invalid("/v2/" + Update, "/properties/meta/type");
        (await cp.PostAsync(Update, """{"identity":"x","ratelimits":null}""")).Invalid("/v2/" + Update, "/properties/ratelimits/type");
        string twice = $$"""{"identity":"nobody","ratelimits":[{{Limit("api_calls", 1)}},{{Limit("api_calls", 2)}}]}""";
        Answer repeated = (await cp.PostAsync(Update, twice)).Refused(400, "unkey/application/invalid_input");
        Assert.Equal("Ratelimit with name 'api_calls' is already defined in the request", repeated.Detail);
        string large = """{"identity":"nobody","meta":{"a":" """ + new string('x', 1_048_576) + "\"}}";
        Assert.Contains("Metadata is too large", (await cp.PostAsync(Update, large)).Refused(400, "unkey/application/invalid_input").Detail);
        Answer missing = (await cp.PostAsync(Update, """{"identity":"nobody"}""")).Refused(404, NotFound);
        Assert.Equal("This identity does not exist.", missing.Detail);
        string reader = await cp.RootKeyWithAsync("identity.*.create_identity");
        (await cp.PostAsync(Update, twice, reader)).Refused(403, Denied);
        await CreateAsync(cp, "alice");
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Update, """{"identity":"alice","meta":{"x":1}}""", foreign)).Refused(404, NotFound);
        string urn = await cp.RootKeyWithAsync($"unkey:v1:{cp.WorkspaceId}:projects/*/identities/*#update_identity");
        (await cp.PostAsync(Update, """{"identity":"alice","meta":{"x":1}}""", urn)).Ok();
    }

    [Fact]
    public async Task ConcurrentUpdatesOfOneIdentityAllSucceedAndLeaveOneSet()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string id = await CreateAsync(cp, "alice");
        Answer[] answers = await Task.WhenAll(Enumerable.Range(1, 10).Select(i => Task.Run(() => cp.PostAsync(
            Update, $$"""{"identity":"alice","ratelimits":[{{Limit("one", i)}},{{Limit("two", i)}},{{Limit("three", i)}}]}"""))));
        Assert.All(answers, static answer => answer.Ok());
        Assert.Equal(3L, cp.Scalar($"SELECT count(*) FROM ratelimits WHERE identity_id = '{id}'"));
        Assert.Equal(1L, cp.Scalar($"SELECT count(DISTINCT max_tokens) FROM ratelimits WHERE identity_id = '{id}'"));
    }

    [Fact]
    public async Task ADeletionLeavesOneTombstoneForEachExternalId()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string limits = $$""","ratelimits":[{{Limit("per_month", 300_000)}}]""";
        string first = await CreateAsync(cp, "alice", limits);
        (string keyId, _) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","externalId":"alice" """);
        (await cp.PostAsync(Delete, """{"identity":"alice"}""")).OkWithoutData();
        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM ratelimits WHERE identity_id = '{first}'"));
        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM audit_log WHERE event = 'identity.delete' AND resource_id = '{first}'"));
        Assert.Equal(first, cp.Scalar($"SELECT identity_id FROM keys WHERE id = '{keyId}'"));
        (await cp.PostAsync("identities.getIdentity", """{"identity":"alice"}""")).Refused(404, NotFound);

        string second = await CreateAsync(cp, "alice", limits);
        Assert.NotEqual(first, second);
        (await cp.PostAsync(Delete, $$"""{"identity":"{{second}}"}""")).OkWithoutData();
        Assert.Equal(0L, cp.Scalar($"SELECT count(*) FROM identities WHERE id = '{first}'"));
        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM identities WHERE id = '{second}' AND deleted_at IS NOT NULL"));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM ratelimits"));
        (await cp.PostAsync(Delete, $$"""{"identity":"{{second}}"}""")).Refused(404, NotFound);
        (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{keyId}}"}""")).Ok();
        await cp.RestartAsync();
        (await cp.PostAsync("identities.getIdentity", """{"identity":"alice"}""")).Refused(404, NotFound);
    }

    [Fact]
    public async Task DeletionAsksForItsPermissionBeforeItLooks()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await CreateAsync(cp, "alice");
        foreach (string[] permissions in new string[][]
        {
            [],
            ["identity.*.create_identity"],
            ["identity.*.read_identity"],
            ["identity.create_identity"],
            ["key.*.delete_key", "api.*.delete_api", "workspace.*.read_workspace"],
            ["IDENTITY.*.DELETE_IDENTITY"],
        })
        {
            string bearer = await cp.RootKeyWithAsync(permissions);
            (await cp.PostAsync(Delete, """{"identity":"alice"}""", bearer)).Refused(403, Denied);
            (await cp.PostAsync(Delete, """{"identity":"nobody"}""", bearer)).Refused(403, Denied);
        }

        (await cp.PostAsync(Delete, "{}")).Invalid("/v2/" + Delete, "/required");
        (await cp.PostAsync(Delete, """{"identity":"@#$%"}""")).Refused(404, NotFound);
        (await cp.PostAsync(Delete, $$"""{"identity":"{{new string('a', 1_000)}}"}""")).Refused(404, NotFound);
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Delete, """{"identity":"alice"}""", foreign)).Refused(404, NotFound);
        string urn = await cp.RootKeyWithAsync($"unkey:v1:{cp.WorkspaceId}:projects/*/identities/*#delete_identity");
        (await cp.PostAsync(Delete, """{"identity":"alice"}""", urn)).OkWithoutData();
    }

    private static string Limit(string name, int limit) => $$"""{"name":"{{name}}","limit":{{limit}},"duration":60000,"autoApply":false}""";

    private static async Task<string> CreateAsync(ControlPlaneFixture cp, string externalId, string members = "") =>
        (await cp.PostAsync("identities.createIdentity", $$"""{"externalId":"{{externalId}}"{{members}}}""")).Ok().GetProperty("identityId").GetString()!;
}
