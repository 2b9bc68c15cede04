using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Engine.Namespaces;
using Unkey.Server.Storage.Statements;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class OverrideTests
{
    private const string Set = "ratelimit.setOverride";
    private const string Get = "ratelimit.getOverride";
    private const string List = "ratelimit.listOverrides";
    private const string Delete = "ratelimit.deleteOverride";
    private const string NoNamespace = "unkey/data/ratelimit_namespace_not_found";
    private const string NoOverride = "unkey/data/ratelimit_override_not_found";
    private const string Denied = "unkey/authorization/insufficient_permissions";

    [Fact]
    public async Task AnOverrideIsSetAndReadByTheNameAndTheIdOfItsNamespace()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string ns = await NamespaceCalls.CreateAsync(cp, "emails");
        string exact = await SetAsync(cp, "emails", "user_1", 5, 10_000);
        string pattern = await SetAsync(cp, ns, "*@x", 0, 3_600_000_000);
        foreach (string name in new[] { "emails", ns })
        {
            Assert.Equal(
                $$"""{"overrideId":"{{exact}}","identifier":"user_1","limit":5,"duration":10000}""",
                (await cp.PostAsync(Get, Body(name, "user_1"))).Ok().GetRawText());
            Assert.Equal(
                $$"""{"overrideId":"{{pattern}}","identifier":"*@x","limit":0,"duration":3600000000}""",
                (await cp.PostAsync(Get, Body(name, "somebody@x"))).Ok().GetRawText());
            (await cp.PostAsync(Get, Body(name, "USER_1"))).Refused(404, NoOverride);
        }

        Assert.Equal(2L, cp.Scalar("SELECT count(*) FROM audit_log WHERE event = 'ratelimit.set_override'"));
        await cp.RestartAsync();
        (await cp.PostAsync(Get, Body("emails", "user_1"))).Ok();
        (await cp.PostAsync(Get, Body("emails", "a@x"))).Ok();
    }

    [Fact]
    public async Task SettingAgainKeepsTheIdAlsoAfterADeletion()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string ns = await NamespaceCalls.CreateAsync(cp, "emails");
        string id = await SetAsync(cp, "emails", "a*", 1, 1_000);
        Assert.Equal(id, await SetAsync(cp, ns, "a*", 2, 2_000));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM ratelimit_overrides"));
        Assert.Equal(2, (await cp.PostAsync(Get, Body("emails", "abc"))).Ok().GetProperty("limit").GetInt64());

        (await cp.PostAsync(Delete, Body("emails", "abc"))).Refused(404, NoOverride);
        Assert.Equal("{}", (await cp.PostAsync(Delete, Body(ns, "a*"))).Ok().GetRawText());
        (await cp.PostAsync(Get, Body("emails", "abc"))).Refused(404, NoOverride);
        (await cp.PostAsync(Delete, Body("emails", "a*"))).Refused(404, NoOverride);
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM ratelimit_overrides WHERE deleted_at IS NOT NULL"));
        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM audit_log WHERE event = 'ratelimit.delete_override' AND resource_id = '{id}'"));

        Assert.Equal(id, await SetAsync(cp, "emails", "a*", 3, 3_000));
        Assert.Equal(3, (await cp.PostAsync(Get, Body("emails", "abc"))).Ok().GetProperty("limit").GetInt64());
        Assert.Equal([id], (await cp.PostAsync(List, """{"namespace":"emails"}""")).Each("overrideId"));
    }

    [Fact]
    public async Task TheExactTextComesFirstThenTheLongestPatternThenTheText()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await NamespaceCalls.CreateAsync(cp, "emails");
        foreach (string text in new[] { "*", "user_*", "user_1*", "user_*1", "user_1", "ü*" })
        {
            await SetAsync(cp, "emails", text, 1, 1_000);
        }

        foreach ((string identifier, string expected) in new[]
        {
            ("user_1", "user_1"), ("user_11", "user_*1"), ("user_12", "user_1*"), ("user_2", "user_*"), ("über", "ü*"), ("other", "*"), ("user_*", "user_*"),
        })
        {
            Assert.Equal(expected, (await cp.PostAsync(Get, Body("emails", identifier))).Ok().GetProperty("identifier").GetString());
        }
    }

    [Fact]
    public async Task OverridesAreListedInTheOrderOfTheirIds()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string ns = await NamespaceCalls.CreateAsync(cp, "emails");
        Answer empty = await cp.PostAsync(List, """{"namespace":"emails"}""");
        Assert.Equal("[]", empty.Ok().GetRawText());
        Assert.False(empty.HasMore);
        Assert.Null(empty.Cursor);
        List<string> ids = [];
        for (int i = 0; i < 3; i++)
        {
            ids.Add(await SetAsync(cp, "emails", $"user_{i}", i, 1_000 + i));
        }

        Answer first = await cp.PostAsync(List, $$"""{"namespace":"{{ns}}","limit":2}""");
        Assert.True(first.HasMore);
        Answer second = await cp.PostAsync(List, $$"""{"namespace":"{{ns}}","limit":2,"cursor":"{{first.Cursor}}"}""");
        Assert.False(second.HasMore);
        Assert.Equal(ids.Order(StringComparer.Ordinal), first.Each("overrideId").Concat(second.Each("overrideId")));
        for (int i = 3; i < 51; i++)
        {
            await SetAsync(cp, "emails", $"user_{i}", 1, 1_000);
        }

        Assert.Equal(50, (await cp.PostAsync(List, """{"namespace":"emails"}""")).Ok().GetArrayLength());
        (await cp.PostAsync(List, """{"namespace":"emails","limit":0}""")).Invalid("/v2/" + List, "/properties/limit/minimum");
        (await cp.PostAsync(List, """{"namespace":"emails","limit":101}""")).Invalid("/v2/" + List, "/properties/limit/maximum");
        (await cp.PostAsync(List, "{}")).Invalid("/v2/" + List, "/required");
    }

    [Fact]
    public async Task AMissingDeletedOrForeignNamespaceIsNotFound()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string ns = await NamespaceCalls.CreateAsync(cp, "emails");
        await SetAsync(cp, "emails", "user_1", 1, 1_000);
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        foreach ((string name, string? bearer) in new[] { ("nothing", null), ("rlns_missing", null), ("Emails", null), ("emails", foreign), (ns, foreign) })
        {
            await AssertNoNamespaceAsync(name, bearer);
        }

        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM ratelimit_namespaces"));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM ratelimit_overrides WHERE deleted_at IS NULL AND max_tokens = 1"));
        await cp.WriteAsync(session =>
        {
            session.DeleteNamespace(ns, cp.Clock.NowMs);
            return 0;
        });
        await AssertNoNamespaceAsync("emails", null);
        await cp.RestartAsync();
        await AssertNoNamespaceAsync(ns, null);

        async Task AssertNoNamespaceAsync(string name, string? bearer)
        {
            (await cp.PostAsync(Set, SetBody(name, "user_1", 9, 9_000), bearer)).Refused(404, NoNamespace);
            (await cp.PostAsync(Get, Body(name, "user_1"), bearer)).Refused(404, NoNamespace);
            (await cp.PostAsync(List, $$"""{"namespace":"{{name}}"}""", bearer)).Refused(404, NoNamespace);
            (await cp.PostAsync(Delete, Body(name, "user_1"), bearer)).Refused(404, NoNamespace);
        }
    }

    [Fact]
    public async Task PermissionsAreOfOneNamespaceOrOfAll()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string ns = await NamespaceCalls.CreateAsync(cp, "emails");
        string other = await NamespaceCalls.CreateAsync(cp, "other");
        await SetAsync(cp, "emails", "user_1", 1, 1_000);
        string nothing = await cp.RootKeyWithAsync($"ratelimit.{other}.set_override", $"ratelimit.{other}.read_override", $"ratelimit.{other}.delete_override");
        (await cp.PostAsync(Set, SetBody("emails", "user_1", 2, 2_000), nothing)).Refused(403, Denied);
        (await cp.PostAsync(List, """{"namespace":"emails"}""", nothing)).Refused(403, Denied);
        (await cp.PostAsync(Delete, Body("emails", "user_1"), nothing)).Refused(403, Denied);
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM ratelimit_overrides WHERE max_tokens = 1 AND deleted_at IS NULL"));
        foreach (string scope in new[] { ns, "*" })
        {
            string bearer = await cp.RootKeyWithAsync(
                $"ratelimit.{scope}.set_override", $"ratelimit.{scope}.read_override", $"ratelimit.{scope}.delete_override");
            (await cp.PostAsync(Set, SetBody("emails", "user_2", 2, 2_000), bearer)).Ok();
            (await cp.PostAsync(Get, Body("emails", "user_2"), bearer)).Ok();
            (await cp.PostAsync(List, """{"namespace":"emails"}""", bearer)).Ok();
            (await cp.PostAsync(Delete, Body("emails", "user_2"), bearer)).Ok();
        }
    }

    [Fact]
    public async Task ReadingOneOverrideTakesResourceGrantsAndHidesItsExistence()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string ns = await NamespaceCalls.CreateAsync(cp, "emails");
        string id = await SetAsync(cp, "emails", "user_1", 1, 1_000);
        string urn = $"unkey:v1:{cp.WorkspaceId}:";
        foreach (string grant in new[]
        {
            $"{urn}ratelimits/namespaces/{ns}/overrides/{id}#read_override",
            $"{urn}ratelimits/namespaces/{ns}/overrides/*#read_override",
            $"{urn}ratelimits/namespaces/*/overrides/*#read_override",
            $"{urn}ratelimits/namespaces/{ns}/**#read_override",
            $"{urn}ratelimits/**#read_override",
            $"{urn}**#*",
        })
        {
            (await cp.PostAsync(Get, Body("emails", "user_1"), await cp.RootKeyWithAsync(grant))).Ok();
        }

        string missing = Redacted((await cp.PostAsync(Get, Body("emails", "nobody"))).Refused(404, NoOverride));
        foreach (string grant in new[]
        {
            $"{urn}ratelimits/namespaces/rlns_other/overrides/*#read_override",
            $"unkey:v1:ws_other:ratelimits/namespaces/{ns}/overrides/{id}#read_override",
            $"{urn}ratelimits/namespaces/{ns}/overrides/{id}#delete_override",
            "ratelimit.*.set_override",
        })
        {
            Assert.Equal(missing, Redacted(await cp.PostAsync(Get, Body("emails", "user_1"), await cp.RootKeyWithAsync(grant))));
        }
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"namespace":"emails","limit":1,"duration":1000}""")]
    [InlineData("""{"namespace":"emails","identifier":"","limit":1,"duration":1000}""")]
    [InlineData("""{"namespace":"emails","identifier":"a","limit":1}""")]
    [InlineData("""{"namespace":"emails","identifier":"a","limit":-1,"duration":1000}""")]
    [InlineData("""{"namespace":"emails","identifier":"a","limit":1,"duration":-1}""")]
    [InlineData("""{"namespace":"emails","identifier":"a","limit":1,"duration":999}""")]
    [InlineData("""{"namespace":"emails","identifier":"a","limit":1.0,"duration":1000}""")]
    [InlineData("""{"namespace":"emails","identifier":"a","limit":9223372036854775808,"duration":1000}""")]
    [InlineData("""{"namespace":"","identifier":"a","limit":1,"duration":1000}""")]
    [InlineData("""{"identifier":"a","limit":1,"duration":1000}""")]
    [InlineData("""{"namespace":"emails","identifier":"a","limit":1,"duration":1000,"foo":1}""")]
    [InlineData("""{"namespace":"emails","identifier":"\ud800","limit":1,"duration":1000}""")]
    public async Task ABadOverrideChangesNothing(string body)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await NamespaceCalls.CreateAsync(cp, "emails");
        (await cp.PostAsync(Set, body)).Refused(400, "unkey/application/invalid_input");
        Assert.Equal(0L, cp.Scalar("SELECT count(*) FROM ratelimit_overrides"));
    }

    [Fact]
    public async Task RacingSetsOfOneIdentifierLeaveOneOverride()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await NamespaceCalls.CreateAsync(cp, "emails");
        Answer[] answers = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => Task.Run(() => cp.PostAsync(Set, SetBody("emails", "user_1", i, 1_000 * i)))));
        Assert.Single(answers.Select(static answer => answer.Ok().GetProperty("overrideId").GetString()).Distinct());
        JsonElement last = (await cp.PostAsync(Get, Body("emails", "user_1"))).Ok();
        Assert.Equal(last.GetProperty("limit").GetInt64() * 1_000, last.GetProperty("duration").GetInt64());
        Assert.Equal(last.GetProperty("limit").GetInt64(), cp.Scalar("SELECT max_tokens FROM ratelimit_overrides"));
    }

    [Fact]
    public async Task AChangePublishesItselfAndLeavesTheOtherOverridesWhereTheyAre()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await NamespaceCalls.CreateAsync(cp, "emails");
        await SetAsync(cp, "emails", "user_1", 1, 1_000);
        await SetAsync(cp, "emails", "user_*", 2, 2_000);
        LimitOverride first = Published("user_1")!;
        LimitOverride pattern = Published("user_9")!;
        await SetAsync(cp, "emails", "user_2", 3, 3_000);
        (await cp.PostAsync("ratelimit.deleteOverride", Body("emails", "user_2"))).Ok();
        await SetAsync(cp, "emails", "user_3", 4, 4_000);
        Assert.Same(first, Published("user_1"));
        Assert.Same(pattern, Published("user_2"));
        Assert.Equal((4, 4_000), (Published("user_3")!.Limit, Published("user_3")!.DurationMs));

        LimitOverride? Published(string identifier) =>
            NamespaceCalls.Find(cp, "emails")!.Overrides.Find(Encoding.UTF8.GetBytes(identifier));
    }

    private static async Task<string> SetAsync(ControlPlaneFixture cp, string ns, string identifier, long limit, long duration) =>
        (await cp.PostAsync(Set, SetBody(ns, identifier, limit, duration))).Ok().GetProperty("overrideId").GetString()!;

    private static string SetBody(string ns, string identifier, long limit, long duration) =>
        $$"""{"namespace":"{{ns}}","identifier":"{{identifier}}","limit":{{limit}},"duration":{{duration}}}""";

    private static string Body(string ns, string identifier) => $$"""{"namespace":"{{ns}}","identifier":"{{identifier}}"}""";

    private static string Redacted(Answer answer) =>
        answer.Text.Replace(answer.Root.GetProperty("meta").GetProperty("requestId").GetString()!, "", StringComparison.Ordinal);
}
