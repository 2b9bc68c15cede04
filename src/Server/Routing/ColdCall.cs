using System;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane;
using Unkey.Server.Diagnostics.Requests;
using Unkey.Server.Transport;
using Unkey.Server.Transport.Interop;

namespace Unkey.Server.Routing;

/// <summary>One cold request on its way from the reactor to the thread pool and back.</summary>
/// <remarks>
/// No awaiting code ever runs on a reactor: the call starts on the thread pool, and its answer comes back as posted work.
/// The connection is named by slot and generation, because it may be gone by then.
/// </remarks>
internal sealed class ColdCall(Reactor reactor, Connection connection, ColdMark? mark, Func<Task<ColdResponse>> handle) : IThreadPoolWorkItem, IReactorWork
{
    private readonly int _slot = connection.Slot;
    private readonly uint _generation = connection.Generation;
    private ColdResponse? _response;

    /// <summary>On the thread pool: runs the call.</summary>
    public void Execute()
    {
        CoreAffinity.ReleaseInherited();
        _ = RunAsync();
    }

    /// <summary>On the reactor: hands over the answer.</summary>
    void IReactorWork.Run(Reactor reactor)
    {
        reactor.CompleteCold(_slot, _generation, _response!);
        mark?.Complete(_response!.Status);
    }

    private async Task RunAsync()
    {
        // The handlers turn every failure into an answer; whatever escapes them is a bug and is answered as one below.
        try
        {
            _response = await handle().ConfigureAwait(false);
        }
        finally
        {
            _response ??= new ColdResponse(500, ColdResponse.Json, ReadOnlyMemory<byte>.Empty);
            reactor.Post(this);
        }
    }
}
