using System;
using System.Threading;
using System.Threading.Tasks;

namespace Unkey.Server.Events;

/// <summary>A sink that is still being opened: the first batch waits for it, and nothing else does.</summary>
/// <param name="description">What it is, for the log.</param>
/// <param name="opening">Ends with the open sink, which is this one's from then on, or with what kept it from opening.</param>
internal sealed class OpeningSink(string description, Task<IEventSink> opening) : IEventSink
{
    /// <inheritdoc/>
    public string Description => description;

    /// <inheritdoc/>
    public async Task DeliverAsync(EventBatch batch, CancellationToken cancellation)
    {
        IEventSink sink;
        try
        {
            sink = await opening.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (opening.IsFaulted)
        {
            // Whoever started the server is told; until it has stopped, batches stay in the spool.
            throw new EventSinkException(exception.Message, exception);
        }

        await sink.DeliverAsync(batch, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully)
        {
            await opening.Result.DisposeAsync().ConfigureAwait(false);
        }
    }
}
