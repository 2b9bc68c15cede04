using System;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp;

/// <summary>Tests that speak to a running server over TCP: the JIT build, or the binary that UNKEY_TEST_SERVER names.</summary>
public abstract class TcpTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private protected ServerFixture Fixture { get; } = fixture;

    private protected ServerProcess Server => Fixture.Server;

    /// <summary>A client with all permissions in the workspace of <see cref="Scene"/>.</summary>
    private protected ApiClient Client => Scene.Client;

    private protected Scene Scene => Fixture.Scene;

    /// <summary>A client that may call an operation: workspaces are the operator's business, so only the bootstrap root key has to do with them.</summary>
    private protected ApiClient Caller(string operation) => operation.StartsWith("workspaces.", StringComparison.Ordinal) ? Fixture.Client : Client;
}
