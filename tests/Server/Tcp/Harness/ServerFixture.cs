using System;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>One server for the tests of a class, with a client of its bootstrap root key and a scene to act on.</summary>
public sealed class ServerFixture : IDisposable
{
    private readonly Lazy<Scene> _scene;

    public ServerFixture()
    {
        Server = ServerProcess.Start();
        Client = Server.Client();
        _scene = new Lazy<Scene>(() => Scene.Create(Client));
    }

    internal ServerProcess Server { get; }

    /// <summary>A client of the bootstrap root key; for the thread of a test.</summary>
    internal ApiClient Client { get; }

    /// <summary>A workspace with an API, a key, an identity and a permission.</summary>
    internal Scene Scene => _scene.Value;

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }
}
