using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Credits;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane;

/// <summary>Carries spent credits from memory to the store, once a second and when the server stops.</summary>
/// <remarks>A write-back runs alone in its transaction and lists the changes on the store's writer thread, so its order against updates of a
/// balance is the same in memory and in the store. What a process that is killed has not written back is found by the next start: see
/// <see cref="CreditFile"/>.</remarks>
internal sealed class CreditWriteBack : IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private readonly EngineState _engine;
    private readonly IStore _store;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;

    /// <summary>Starts the loop.</summary>
    public CreditWriteBack(EngineState engine, IStore store, TimeProvider time, ILogger logger)
    {
        _engine = engine;
        _store = store;
        _logger = logger;
        _timer = new PeriodicTimer(s_period, time);
        _loop = RunAsync();
    }

    /// <summary>Writes what has been spent so far. Any thread; concurrent calls queue up behind each other in the store.</summary>
    public async Task FlushAsync()
    {
        List<CreditChange> changes = [];
        try
        {
            await _store.WriteAloneAsync(session => Write(session, changes), CancellationToken.None).ConfigureAwait(false);
            Settle(changes, static (keys, change) => keys.ConfirmCredits(in change));
        }
        catch (StoreException exception)
        {
            Settle(changes, static (keys, change) => keys.RequeueCredits(in change));
            ControlPlaneLog.CreditsNotWritten(_logger, changes.Count, exception);
        }
    }

    /// <summary>Stops the loop and writes the rest.</summary>
    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _loop.ConfigureAwait(false);
        await FlushAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            await FlushAsync().ConfigureAwait(false);
        }
    }

    private int Write(StoreSession session, List<CreditChange> changes)
    {
        lock (_engine.WriterLock)
        {
            _engine.Credits.Drain(changes);
        }

        foreach (CreditChange change in changes)
        {
            session.Spend(change.KeyId, change.Serial, change.Spent);
        }

        return changes.Count;
    }

    private void Settle(List<CreditChange> changes, Action<KeyTable, CreditChange> settle)
    {
        if (changes.Count == 0)
        {
            return;
        }

        lock (_engine.WriterLock)
        {
            changes.ForEach(change => settle(_engine.Keys, change));
        }
    }
}
