using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class IdentityOperationTests
{
    [Fact]
    public async Task AnIdentityReadsBackByEitherName()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Answer created = await cp.PostAsync(
            "identities.createIdentity",
            """
            {"externalId":"user_1","meta":{"name":"Å","credits":100,"nested":{"a":[1.5,null]}},"unknown":1,
            "ratelimits":[{"name":"test","limit":100,"duration":60000,"autoApply":false},
            {"name":"test2","limit":200,"duration":60000,"autoApply":true}]}
            """);
        string id = created.Ok().GetProperty("identityId").GetString()!;
        Assert.Matches("^id_[0-9A-Za-z]{9}$", id);
        JsonElement byId = (await cp.PostAsync("identities.getIdentity", $$"""{"identity":"{{id}}"}""")).Ok();
        JsonElement byExternalId = (await cp.PostAsync("identities.getIdentity", """{"identity":"user_1"}""")).Ok();
        Assert.Equal(byId.GetRawText(), byExternalId.GetRawText());
        Assert.Equal(["id", "externalId", "meta", "ratelimits"], byId.EnumerateObject().Select(member => member.Name));
        Assert.Equal("""{"name":"Å","credits":100,"nested":{"a":[1.5,null]}}""", byId.GetProperty("meta").GetRawText());
        Assert.Equal(["id", "name", "limit", "duration", "autoApply"], byId.GetProperty("ratelimits")[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM audit_log WHERE event = 'identity.create' AND resource_id = '{id}'"));
        Assert.Equal(2L, cp.Scalar("SELECT count(*) FROM audit_log WHERE event = 'ratelimit.create'"));
    }

    [Fact]
    public async Task EmptyMembersAreAbsent()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync("identities.createIdentity", """{"externalId":"bare","meta":{},"ratelimits":[]}""")).Ok();
        JsonElement shown = (await cp.PostAsync("identities.getIdentity", """{"identity":"bare"}""")).Ok();
        Assert.Equal(["id", "externalId"], shown.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task AnExternalIdIsTakenOnceAndItsCaseMatters()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync("identities.createIdentity", """{"externalId":"same"}""")).Ok();
        Answer taken = (await cp.PostAsync("identities.createIdentity", """{"externalId":"same"}""")).Refused(409, "unkey/data/identity_already_exists");
        Assert.Equal("Identity with externalId 'same' already exists in this workspace.", taken.Detail);
        Assert.Equal("Conflicting Resource", taken.Error.GetProperty("title").GetString());
        (await cp.PostAsync("identities.createIdentity", """{"externalId":"Same"}""")).Ok();
        (_, string otherRoot) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync("identities.createIdentity", """{"externalId":"same"}""", otherRoot)).Ok();
    }

    [Fact]
    public async Task LargeMetadataIsRefusedBySizeAndByCount()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string Body(string meta) => $$"""{"externalId":"big","meta":{{meta}}}""";
        Answer tooLarge = (await cp.PostAsync("identities.createIdentity", Body($"{{\"a\":\"{new string('x', 1_200_000)}\"}}")))
            .Refused(400, "unkey/application/invalid_input");
        Assert.Equal("Metadata is too large: it must be at most 1.0 MB, but is 1.2 MB.", tooLarge.Detail);
        Assert.Equal(0, tooLarge.Error.GetProperty("errors").GetArrayLength());
        string many = "{" + string.Join(',', Enumerable.Range(0, 70_000).Select(i => $"\"k{i}\":1")) + "}";
        (await cp.PostAsync("identities.createIdentity", Body(many))).Invalid("/v2/identities.createIdentity", "/properties/meta/maxProperties");
        (await cp.PostAsync("identities.createIdentity", Body($"{{\"a\":\"{new string('x', 1_048_568)}\"}}"))).Ok();
    }

    [Theory]
    [InlineData("""{}""", "/required")]
    [InlineData("""{"externalId":""}""", "/properties/externalId/minLength", "/properties/externalId/pattern")]
    [InlineData("""{"externalId":"x","ratelimits":[{"limit":1,"duration":1000,"autoApply":true}]}""", "/properties/ratelimits/items/required")]
    [InlineData(
        """{"externalId":"x","ratelimits":[{"name":"abc","limit":0,"duration":999,"autoApply":true}]}""",
        "/properties/ratelimits/items/properties/limit/minimum",
        "/properties/ratelimits/items/properties/duration/minimum")]
    public async Task WhatTheSchemaRefusesIsExplained(string body, params string[] locations)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync("identities.createIdentity", body)).Invalid("/v2/identities.createIdentity", locations);
    }

    [Fact]
    public async Task ReadingLooksUpFirstAndThenAsksForThePermission()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string id = (await cp.PostAsync("identities.createIdentity", """{"externalId":"user_1"}""")).Ok().GetProperty("identityId").GetString()!;
        string none = await cp.RootKeyWithAsync("identity.id_other1234.read_identity");
        Answer unknown = (await cp.PostAsync("identities.getIdentity", """{"identity":"nobody"}""", none)).Refused(404, "unkey/data/identity_not_found");
        Assert.Equal("This identity does not exist.", unknown.Detail);
        Answer denied = (await cp.PostAsync("identities.getIdentity", """{"identity":"user_1"}""", none))
            .Refused(403, "unkey/authorization/insufficient_permissions");
        Assert.Contains("Missing one of these permissions:", denied.Detail);
        Assert.Contains("identity.*.read_identity", denied.Detail);
        Assert.DoesNotContain("id_other1234", denied.Detail);
        Assert.DoesNotContain('{', denied.Detail);

        string urn = $"unkey:v1:{cp.WorkspaceId}:projects/*/identities/*#";
        string any = $"unkey:v1:{cp.WorkspaceId}:**#read_identity";
        foreach (string granted in new[] { "identity.*.read_identity", $"identity.{id}.read_identity", urn + "read_identity", any })
        {
            (await cp.PostAsync("identities.getIdentity", """{"identity":"user_1"}""", await cp.RootKeyWithAsync(granted))).Ok();
        }

        (await cp.PostAsync("identities.createIdentity", """{"externalId":"by_urn"}""", await cp.RootKeyWithAsync(urn + "create_identity"))).Ok();
        (await cp.PostAsync("identities.createIdentity", """{"externalId":"no"}""", none)).Refused(403, "unkey/authorization/insufficient_permissions");
        (_, string otherRoot) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync("identities.getIdentity", $$"""{"identity":"{{id}}"}""", otherRoot)).Refused(404, "unkey/data/identity_not_found");
        (await cp.PostAsync("identities.getIdentity", """{"identity":""}""")).Invalid("/v2/identities.getIdentity", "/properties/identity/minLength");
    }

    [Fact]
    public async Task KeysOfOneIdentityShareItsLimitAcrossARestart()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync(
            "identities.createIdentity",
            """{"externalId":"u","ratelimits":[{"name":"shared","limit":2,"duration":60000,"autoApply":true}]}""")).Ok();
        string api = await cp.CreateApiAsync();
        (_, string first) = await cp.CreateKeyAsync(api, ""","externalId":"u" """);
        (_, string second) = await cp.CreateKeyAsync(api, ""","externalId":"u" """);
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal("VALID", (await cp.VerifyAsync(first)).Code);
            Assert.Equal("VALID", (await cp.VerifyAsync(second)).Code);
            Assert.Equal("RATE_LIMITED", (await cp.VerifyAsync(first)).Code);

            // Buckets are memory only; the limit itself is loaded again.
            await cp.RestartAsync();
        }
    }
}
