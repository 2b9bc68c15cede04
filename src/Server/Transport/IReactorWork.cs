namespace Unkey.Server.Transport;

/// <summary>Something another thread asks a reactor to do on its own thread.</summary>
internal interface IReactorWork
{
    /// <summary>Runs on the reactor thread, between two turns. Must not block or throw.</summary>
    public void Run(Reactor reactor);
}
