using System.Linq;
using System.Threading.Tasks;
using Unkey.Engine.Namespaces;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.Storage.Statements;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class NamespaceDirectoryTests
{
    [Fact]
    public async Task ANamespaceIsCreatedOnFirstUseAndFoundByNameAndIdAfterwards()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Assert.Null(NamespaceCalls.Find(cp, "emails"));
        string id = await NamespaceCalls.CreateAsync(cp, "emails");
        Assert.StartsWith("rlns_", id);
        Assert.Equal(id, await NamespaceCalls.CreateAsync(cp, "emails"));
        Assert.Equal(id, await NamespaceCalls.CreateAsync(cp, id));
        Assert.NotEqual(id, await NamespaceCalls.CreateAsync(cp, "Emails"));
        Assert.Equal("emails", NamespaceCalls.Find(cp, id)!.Name);
        Assert.Equal(1L, cp.Scalar($"SELECT count(*) FROM audit_log WHERE event = 'ratelimitNamespace.create' AND resource_id = '{id}' AND resource_name = 'emails'"));
        await cp.RestartAsync();
        Assert.Equal(id, NamespaceCalls.Find(cp, "emails")!.Id);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("  blanks \t around ")]
    [InlineData("emails:per/user?x=[1]'\"\\")]
    [InlineData("名前 👩‍👩‍👧")]
    [InlineData("control\u0001\u001f\u007f")]
    [InlineData("nul\0inside")]
    [InlineData("line\r\nbreak")]
    public async Task ANameIsKeptByteForByte(string name)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string id = await NamespaceCalls.CreateAsync(cp, name);
        Assert.Equal(name, NamespaceCalls.Find(cp, id)!.Name);
        Assert.Equal(id, await NamespaceCalls.CreateAsync(cp, name));
        await cp.RestartAsync();
        Assert.Equal(name, NamespaceCalls.Find(cp, id)!.Name);
        Assert.Equal(id, NamespaceCalls.Find(cp, name)!.Id);
    }

    [Fact]
    public async Task CallsThatRaceForANameGetOneNamespace()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => NamespaceCalls.CreateAsync(cp, "emails"))));
        Assert.Single(ids.Distinct());
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM ratelimit_namespaces"));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM audit_log WHERE event = 'ratelimitNamespace.create'"));
    }

    [Fact]
    public async Task ABatchCreatesAllThatAreMissingTogether()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string known = await NamespaceCalls.CreateAsync(cp, "known");
        RatelimitNamespace[] found = await NamespaceDirectory.GetOrCreateAsync(NamespaceCalls.Context(cp), ["a", known, "b", "a", "known"]);
        Assert.Equal(["a", "known", "b", "a", "known"], found.Select(static item => item.Name));
        Assert.Same(found[0], found[3]);
        Assert.Equal(3L, cp.Scalar("SELECT count(*) FROM ratelimit_namespaces"));
        Assert.Equal(1L, cp.Scalar("SELECT count(DISTINCT correlation_id) FROM audit_log WHERE resource_name IN ('a', 'b')"));

        // Batches that overlap race for the same names.
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
            await NamespaceDirectory.GetOrCreateAsync(NamespaceCalls.Context(cp), ["x", $"own {i}", "y"]))));
        Assert.Equal(3L + 2 + 16, cp.Scalar("SELECT count(*) FROM ratelimit_namespaces"));
    }

    [Fact]
    public async Task WorkspacesDoNotSeeEachOthersNamespaces()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string id = await NamespaceCalls.CreateAsync(cp, "emails");
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        Assert.Null(NamespaceCalls.Find(cp, "emails", foreign));
        Assert.Null(NamespaceCalls.Find(cp, id, foreign));
        RatelimitNamespace own = await NamespaceDirectory.GetOrCreateAsync(NamespaceCalls.Context(cp, foreign), "emails");
        Assert.NotEqual(id, own.Id);

        // The id of somebody else's namespace is a name like any other.
        RatelimitNamespace named = await NamespaceDirectory.GetOrCreateAsync(NamespaceCalls.Context(cp, foreign), id);
        Assert.Equal(id, named.Name);
        Assert.NotEqual(id, named.Id);
        Assert.Equal("emails", NamespaceCalls.Find(cp, id)!.Name);
    }

    [Fact]
    public async Task ADeletedNamespaceKeepsItsName()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string id = await NamespaceCalls.CreateAsync(cp, "emails");
        await cp.WriteAsync(session =>
        {
            session.DeleteNamespace(id, cp.Clock.NowMs);
            return 0;
        });
        RatelimitNamespace found = await NamespaceDirectory.GetOrCreateAsync(NamespaceCalls.Context(cp), "emails");
        Assert.True(found.Deleted);
        Assert.Equal(id, found.Id);
    }
}
