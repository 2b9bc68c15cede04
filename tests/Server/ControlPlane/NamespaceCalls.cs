using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Engine.Namespaces;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Operations;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

/// <summary>Calls of the namespace directory as the operations make them.</summary>
internal static class NamespaceCalls
{
    /// <summary>A namespace of the default workspace; its id.</summary>
    public static async Task<string> CreateAsync(ControlPlaneFixture cp, string name) =>
        (await NamespaceDirectory.GetOrCreateAsync(Context(cp), name)).Id;

    public static RatelimitNamespace? Find(ControlPlaneFixture cp, string nameOrId, string? bearer = null) =>
        NamespaceDirectory.Find(Context(cp, bearer), nameOrId);

    /// <summary>An authenticated call.</summary>
    public static OperationContext Context(ControlPlaneFixture cp, string? bearer = null)
    {
        RootKeyAuthenticator authenticator = new(cp.Engine);
        ControlPlaneServices services = new(cp.Host.Store, cp.Engine, authenticator, cp.Host.Root, cp.Clock, NullLogger.Instance);
        ColdRequest request = new() { Path = "/v2/ratelimit.limit", Method = "POST", RequestId = "req_000000000", PeerAddress = "203.0.113.7" };
        Assert.True(authenticator.TryAuthenticate("Bearer " + (bearer ?? cp.RootKey), cp.Clock.NowMs, out RootCaller? caller, out _));
        return new OperationContext(services, request, caller, cp.Clock.NowMs);
    }
}
