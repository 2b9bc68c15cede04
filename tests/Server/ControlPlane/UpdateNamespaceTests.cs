using System.Threading.Tasks;
using Unkey.Engine.Limits;
using Unkey.Engine.Namespaces;
using Unkey.Server.Storage.Statements;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class UpdateNamespaceTests
{
    private const string Update = "ratelimit.updateNamespace";
    private const string NoNamespace = "unkey/data/ratelimit_namespace_not_found";
    private const string Denied = "unkey/authorization/insufficient_permissions";

    [Fact]
    public async Task TheAlgorithmIsSetByNameOrIdAndIsThereAfterARestart()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string ns = await NamespaceCalls.CreateAsync(cp, "emails");
        Assert.Equal(LimitAlgorithm.TokenBucket, AlgorithmOf(cp));

        Assert.Equal("{}", (await cp.PostAsync(Update, Body("emails", "\"sliding-window\""))).Ok().GetRawText());
        Assert.Equal(LimitAlgorithm.SlidingWindow, AlgorithmOf(cp));
        await cp.RestartAsync();
        Assert.Equal(LimitAlgorithm.SlidingWindow, AlgorithmOf(cp));
        Assert.Equal("sliding-window", cp.Scalar("SELECT algorithm FROM ratelimit_namespaces"));

        (await cp.PostAsync(Update, Body(ns, "\"token-bucket\""))).Ok();
        Assert.Equal(LimitAlgorithm.TokenBucket, AlgorithmOf(cp));
        Assert.Equal(2, cp.CountAudit("ratelimitNamespace.update"));
    }

    [Fact]
    public async Task NullGivesBackTheServersAlgorithm()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await NamespaceCalls.CreateAsync(cp, "emails");
        (await cp.PostAsync(Update, Body("emails", "\"token-bucket\""))).Ok();
        cp.Algorithm = LimitAlgorithm.SlidingWindow;
        await cp.RestartAsync();
        Assert.Equal(LimitAlgorithm.TokenBucket, AlgorithmOf(cp));
        (await cp.PostAsync(Update, Body("emails", "null"))).Ok();
        Assert.Equal(LimitAlgorithm.SlidingWindow, AlgorithmOf(cp));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM ratelimit_namespaces WHERE algorithm IS NULL"));
    }

    [Fact]
    public async Task OverridesStayWhenTheAlgorithmChanges()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await NamespaceCalls.CreateAsync(cp, "emails");
        (await cp.PostAsync("ratelimit.setOverride", """{"namespace":"emails","identifier":"a","limit":1,"duration":1000}""")).Ok();
        (await cp.PostAsync(Update, Body("emails", "\"sliding-window\""))).Ok();
        Assert.Equal(1, NamespaceCalls.Find(cp, "emails")!.Overrides.Count);
        (await cp.PostAsync("ratelimit.setOverride", """{"namespace":"emails","identifier":"b","limit":1,"duration":1000}""")).Ok();
        RatelimitNamespace now = NamespaceCalls.Find(cp, "emails")!;
        Assert.Equal((2, LimitAlgorithm.SlidingWindow), (now.Overrides.Count, now.Algorithm));
    }

    [Fact]
    public async Task PermissionIsOfOneNamespaceOrOfAll()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string ns = await NamespaceCalls.CreateAsync(cp, "emails");
        string other = await NamespaceCalls.CreateAsync(cp, "other");
        string nothing = await cp.RootKeyWithAsync($"ratelimit.{other}.update_namespace", "ratelimit.*.set_override");
        Assert.Contains("update_namespace", (await cp.PostAsync(Update, Body("emails", "\"sliding-window\""), nothing)).Refused(403, Denied).Detail);
        Assert.Equal(LimitAlgorithm.TokenBucket, AlgorithmOf(cp));
        foreach (string scope in new[] { ns, "*" })
        {
            (await cp.PostAsync(Update, Body("emails", "\"sliding-window\""), await cp.RootKeyWithAsync($"ratelimit.{scope}.update_namespace"))).Ok();
        }
    }

    [Fact]
    public async Task AMissingDeletedOrForeignNamespaceIsNotFound()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string ns = await NamespaceCalls.CreateAsync(cp, "emails");
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        foreach ((string name, string? bearer) in new[] { ("nothing", null), ("Emails", null), ("emails", foreign), (ns, foreign) })
        {
            (await cp.PostAsync(Update, Body(name, "\"sliding-window\""), bearer)).Refused(404, NoNamespace);
        }

        await cp.WriteAsync(session =>
        {
            session.DeleteNamespace(ns, cp.Clock.NowMs);
            return 0;
        });
        (await cp.PostAsync(Update, Body("emails", "\"sliding-window\""))).Refused(404, NoNamespace);
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM ratelimit_namespaces WHERE algorithm IS NULL"));
    }

    [Theory]
    [InlineData("""{}""", "/required")]
    [InlineData("""{"namespace":"emails"}""", "/required")]
    [InlineData("""{"namespace":"","algorithm":null}""", "/properties/namespace/minLength")]
    [InlineData("""{"namespace":"emails","algorithm":"leaky-bucket"}""", "/properties/algorithm/enum")]
    [InlineData("""{"namespace":"emails","algorithm":"SLIDING-WINDOW"}""", "/properties/algorithm/enum")]
    [InlineData("""{"namespace":"emails","algorithm":1}""", "/properties/algorithm/type")]
    [InlineData("""{"namespace":"emails","algorithm":null,"limit":1}""", "/additionalProperties")]
    public async Task ABadBodyNamesTheMember(string body, string location)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await NamespaceCalls.CreateAsync(cp, "emails");
        (await cp.PostAsync(Update, body)).Invalid("/v2/" + Update, location);
    }

    private static LimitAlgorithm AlgorithmOf(ControlPlaneFixture cp) => NamespaceCalls.Find(cp, "emails")!.Algorithm;

    private static string Body(string name, string algorithm) => $$"""{"namespace":"{{name}}","algorithm":{{algorithm}}}""";
}
