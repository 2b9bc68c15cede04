using System;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>One server with <c>--v1</c> for the tests of a class, with a scene to act on.</summary>
public sealed class V1Fixture : IDisposable
{
    /// <summary>A master key, so that recoverable keys can be made.</summary>
    private const string EncryptionKey = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    private readonly Lazy<Scene> _scene;

    public V1Fixture()
    {
        Server = ServerProcess.Start(new ServerSetup { Options = ["--v1", "--encryption-key", EncryptionKey] });
        Bootstrap = Server.Client();
        _scene = new Lazy<Scene>(() => Scene.Create(Bootstrap));
    }

    internal ServerProcess Server { get; }

    /// <summary>A client of v2 with the bootstrap root key.</summary>
    internal ApiClient Bootstrap { get; }

    internal Scene Scene => _scene.Value;

    public void Dispose()
    {
        Bootstrap.Dispose();
        Server.Dispose();
    }
}
