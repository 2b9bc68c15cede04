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

/// <summary>Carries spent credits from memory to the store, once a second (less often when there is very much to write) and when the server stops.</summary>
/// <remarks>A write-back runs alone in its transaction and lists the changes on the store's writer thread, so its order against updates of a
/// balance is the same in memory and in the store. What a process that is killed has not written back is found by the next start: see
/// <see cref="CreditFile"/>.</remarks>
internal sealed class CreditWriteBack : IAsyncDisposable
{
    /// <summary>A write-back that took long is followed by a pause of this many times its length: a key that spends all the time is then written once, not each second.</summary>
    private const int PauseFactor = 20;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_periodMax = TimeSpan.FromSeconds(10);

    private readonly Func<bool> _survivesKill;
    private readonly TimeProvider _time;
    private readonly EngineState _engine;
    private readonly IStore _store;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;
    private List<CreditChange>? _changes = [];

    /// <summary>Starts the loop.</summary>
    /// <param name="engine">Whose credits.</param>
    /// <param name="store">Where they go.</param>
    /// <param name="survivesKill">Whether every balance is in a file as well; where not, nothing is put off.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For what cannot be written.</param>
    public CreditWriteBack(EngineState engine, IStore store, Func<bool> survivesKill, TimeProvider time, ILogger logger)
    {
        _survivesKill = survivesKill;
        _time = time;
        _engine = engine;
        _store = store;
        _logger = logger;
        _timer = new PeriodicTimer(s_period, time);
        _loop = RunAsync();
    }

    /// <summary>Writes what has been spent so far. Any thread; concurrent calls queue up behind each other in the store.</summary>
    public async Task FlushAsync()
    {
        // Megabytes when many keys spend: used again, unless another call has it just now.
        // ORDER: full fence: one call gets the list. Pairs with the release below.
        List<CreditChange> changes = Interlocked.Exchange(ref _changes, null) ?? [];
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

        changes.Clear();

        // ORDER: release. The list is empty before another call finds it; pairs with the exchange above.
        Volatile.Write(ref _changes, changes);
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
            long start = _time.GetTimestamp();
            await FlushAsync().ConfigureAwait(false);
            TimeSpan pause = _survivesKill() ? _time.GetElapsedTime(start) * PauseFactor : s_period;
            try
            {
                _timer.Period = pause < s_period ? s_period : pause < s_periodMax ? pause : s_periodMax;
            }
            catch (ObjectDisposedException)
            {
                return; // Stopped while it wrote.
            }
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
