using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine.Keys;
using Unkey.Server.Events;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane;

/// <summary>Carries the minutes in which keys were last used to the store, once a minute and when the server stops.</summary>
/// <remarks>Approximate by design: a process that is killed loses the last minute of it, and without events there is nothing to carry of keys that are no root keys.</remarks>
internal sealed class LastUseWriteBack : IAsyncDisposable
{
    // Small, so that requests get their turn in between.
    private const int KeysPerUnit = 256;

    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);

    private readonly LastUse _lastUse;
    private readonly RootKeyUses _rootKeys;
    private readonly IStore _store;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;

    /// <summary>Starts the loop.</summary>
    public LastUseWriteBack(LastUse lastUse, RootKeyUses rootKeys, IStore store, TimeProvider time, ILogger logger)
    {
        _lastUse = lastUse;
        _rootKeys = rootKeys;
        _store = store;
        _logger = logger;
        _timer = new PeriodicTimer(s_period, time);
        _loop = RunAsync();
    }

    /// <summary>Writes what has been noted so far. Any thread.</summary>
    public async Task FlushAsync()
    {
        // In the order of their ids, so that neighbours in the store are written together.
        KeyValuePair<string, long>[] used = [.. _lastUse.Take().Concat(_rootKeys.Take()).OrderBy(static use => use.Key, StringComparer.Ordinal)];
        try
        {
            foreach (KeyValuePair<string, long>[] unit in used.Chunk(KeysPerUnit))
            {
                await _store.WriteAsync(session => Write(session, unit), CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (StoreException exception)
        {
            // Not kept for another try: the next use of each key is noted again.
            ControlPlaneLog.LastUseNotWritten(_logger, used.Length, exception);
        }
    }

    /// <summary>Stops the loop and writes the rest.</summary>
    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _loop.ConfigureAwait(false);
        await FlushAsync().ConfigureAwait(false);
    }

    private static int Write(StoreSession session, KeyValuePair<string, long>[] unit)
    {
        foreach ((string keyId, long minute) in unit)
        {
            session.NoteUse(keyId, minute);
        }

        return unit.Length;
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            await FlushAsync().ConfigureAwait(false);
        }
    }
}
