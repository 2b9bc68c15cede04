using System;
using System.Threading;
using System.Threading.Tasks;

namespace Unkey.Server.Events;

/// <summary>Where batches end up. Used by one caller at a time.</summary>
internal interface IEventSink : IAsyncDisposable
{
    /// <summary>What it is, for the log; without credentials.</summary>
    public string Description { get; }

    /// <summary>Stores a batch. A batch that was stored before, by its token, is not stored again.</summary>
    /// <param name="batch">The batch; not to be read any more once the task has completed.</param>
    /// <param name="cancellation">Gives up; whether the batch was stored is then unknown, and it is delivered again.</param>
    /// <exception cref="EventSinkException">The sink did not take it; it is delivered again later.</exception>
    public Task DeliverAsync(EventBatch batch, CancellationToken cancellation);
}
