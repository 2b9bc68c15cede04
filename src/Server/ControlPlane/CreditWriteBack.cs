using System;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Server.Hosting;
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
    // Some tens of microseconds: others wait for the lock, and on a small machine for the core.
    private const int ChangesPerLock = 128;

    /// <summary>So many changes wait for nothing: the list of them takes about a hundred bytes each.</summary>
    internal const int ChangesMax = 500_000;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    // Only to tell what is much: what a write-back took is measured.
    private static readonly TimeSpan s_perChange = TimeSpan.FromMicroseconds(4);

    /// <summary>What takes long, or is likely to, waits up to half a minute: a key that spends all the time is then written once, not each second.</summary>
    private static readonly WorkPace s_pace = new(s_period, s_period, TimeSpan.FromSeconds(30)) { Factor = 100 };

    private readonly Func<bool> _survivesKill;
    private readonly TimeProvider _time;
    private readonly EngineState _engine;
    private readonly IStore _store;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;
    private bool _isStopped;
    private CreditChanges? _changes = new();

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
        _loop = RunAsync();
    }

    /// <summary>Writes what has been spent so far. Any thread; concurrent calls queue up behind each other in the store.</summary>
    public async Task FlushAsync()
    {
        // Megabytes when many keys spend: used again, unless another call has it just now.
        // ORDER: full fence: one call gets the list. Pairs with the release below.
        CreditChanges changes = Interlocked.Exchange(ref _changes, null) ?? new();
        try
        {
            await _store.WriteAloneAsync(session => Write(session, changes), CancellationToken.None).ConfigureAwait(false);
            Settle(changes, isStored: true);
        }
        catch (StoreException exception)
        {
            Settle(changes, isStored: false);
            ControlPlaneLog.CreditsNotWritten(_logger, changes.Count, exception);
        }

        changes.Clear();

        // ORDER: release. The list is empty before another call finds it; pairs with the exchange above.
        Volatile.Write(ref _changes, changes);
    }

    /// <summary>Stops the loop and writes the rest. A second time it does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        await FlushAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        TimeSpan turn = TimeSpan.Zero;
        long waitsSince = _time.GetTimestamp();

        // Not a periodic timer: one that rang during a long write-back would have the next one begin at once.
        while (await PauseAsync(s_period).ConfigureAwait(false))
        {
            if (IsDue(turn, _time.GetElapsedTime(waitsSince)))
            {
                long start = _time.GetTimestamp();
                await FlushAsync().ConfigureAwait(false);
                turn = _time.GetElapsedTime(start);
                waitsSince = _time.GetTimestamp();
            }
        }
    }

    // Asked every second, so that a file that fails, or more changes than memory should hold, end a long wait.
    private bool IsDue(TimeSpan turn, TimeSpan waited)
    {
        long changed = _engine.Credits.Changed;
        TimeSpan likely = changed * s_perChange;
        TimeSpan pause = s_pace.PauseAfter(turn > likely ? turn : likely);

        // Timers ring a little early or late: half a period is no wait of another one.
        return !_survivesKill() || changed >= ChangesMax || waited >= pause - (s_period / 2);
    }

    /// <returns>False at the stop.</returns>
    private async Task<bool> PauseAsync(TimeSpan pause)
    {
        await Task.Delay(pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_stopping.IsCancellationRequested;
    }

    private int Write(StoreSession session, CreditChanges changes)
    {
        // BOUND: by the keys that spend.
        for (bool isMore = true; isMore; BackgroundThread.Breathe())
        {
            lock (_engine.WriterLock)
            {
                isMore = _engine.Credits.DrainPart(changes, ChangesPerLock);
            }
        }

        // In the order of their ids, so that each page of the store is changed once.
        foreach (int place in changes.OrderByKeyId(BackgroundThread.Breathe))
        {
            ref readonly CreditChange change = ref changes.Items[place];
            session.Spend(changes.KeyId(in change), change.Serial, change.Spent);
        }

        return changes.Count;
    }

    private void Settle(CreditChanges changes, bool isStored)
    {
        using BackgroundThread.Work work = BackgroundThread.BeginWork();
        for (ReadOnlySpan<CreditChange> rest = changes.Items; !rest.IsEmpty; BackgroundThread.Breathe())
        {
            int count = Math.Min(ChangesPerLock, rest.Length);
            lock (_engine.WriterLock)
            {
                Settle(rest[..count], isStored);
            }

            rest = rest[count..];
        }
    }

    private void Settle(ReadOnlySpan<CreditChange> changes, bool isStored)
    {
        foreach (ref readonly CreditChange change in changes)
        {
            if (isStored)
            {
                _engine.Keys.ConfirmCredits(in change);
            }
            else
            {
                _engine.Keys.RequeueCredits(in change);
            }
        }
    }
}
