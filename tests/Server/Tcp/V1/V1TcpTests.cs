using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.V1;

/// <summary>Tests that speak v1 to a running server over TCP.</summary>
public abstract class V1TcpTests(V1Fixture fixture) : IClassFixture<V1Fixture>
{
    private protected V1Fixture Fixture { get; } = fixture;

    private protected Scene Scene => Fixture.Scene;

    /// <summary>A client of v2 with all permissions in the workspace of <see cref="Scene"/>.</summary>
    private protected ApiClient V2 => Scene.Client;

    /// <summary>A client of v1 with the same root key.</summary>
    private protected V1Client Client => new(V2);

    /// <summary>A client of v1 with a new root key that has these permissions.</summary>
    private protected V1Client WithPermissions(params string[] permissions) => new(V2.WithPermissions(permissions));
}
