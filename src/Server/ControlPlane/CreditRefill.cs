using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane;

/// <summary>Sets balances to their refill, once per UTC date: right after midnight, or after the start when midnight was missed.</summary>
/// <remarks>
/// The store remembers the last date that was done in whole, so dates that passed while no server ran are made up for, once for all of them.
/// Each key carries the time of its last refill, and the update is conditional on it: a repeated run, or a second server on the same database,
/// does nothing. A date counts for a key only when the key was made before it. A balance at or above its refill is left alone until the next
/// date, and an unlimited key stays unlimited. Keys are taken in small units of work, so that requests get their turn in between.
/// </remarks>
internal sealed class CreditRefill : IAsyncDisposable
{
    private const int KeysPerUnit = 128;
    private const string LastDateName = "refill.last_date";
    private const string DateFormat = "yyyy-MM-dd";

    // Bounds how late a refill is when the clock is set, and how soon a failed one is tried again.
    private static readonly TimeSpan s_waitMax = TimeSpan.FromMinutes(1);

    private readonly EngineState _engine;
    private readonly IStore _store;
    private readonly CreditWriteBack _credits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();

    // The first turn is the loop's own: whoever calls finds the look at the start done.
    private readonly SemaphoreSlim _turn = new(0, 1);
    private readonly Task _loop;
    private DateOnly _done = DateOnly.MinValue;
    private bool _isDisposed;

    /// <summary>Starts the loop, which looks at once whether something is due.</summary>
    public CreditRefill(EngineState engine, IStore store, CreditWriteBack credits, TimeProvider time, ILogger logger)
    {
        _engine = engine;
        _store = store;
        _credits = credits;
        _time = time;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Refills what is due now. Any thread; concurrent calls take turns.</summary>
    /// <returns>Number of keys refilled by this call.</returns>
    public async Task<int> RunDueAsync()
    {
        await _turn.WaitAsync(_stopping.Token).ConfigureAwait(false);
        return await LookAsync().ConfigureAwait(false);
    }

    /// <summary>Stops the loop; a unit of work that has begun is finished.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _turn.Dispose();
        _stopping.Dispose();
    }

    // Whoever calls holds the turn, which this gives back.
    private async Task<int> LookAsync()
    {
        try
        {
            long nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
            DateOnly today = RefillDates.Of(nowMs);
            return today == _done ? 0 : await RunDateAsync(today, nowMs).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task RunAsync()
    {
        Func<Task<int>> look = LookAsync;

        // BOUND: ends when the server stops.
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Task<int> run = look();
                look = RunDueAsync;
                await run.ConfigureAwait(false);
                await Task.Delay(UntilNextLook(), _time, _stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it was, the loop goes on: the next look finds the same date still undone.
                ControlPlaneLog.NotRefilled(_logger, exception);
                await Task.Delay(s_waitMax, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private TimeSpan UntilNextLook()
    {
        TimeSpan toMidnight = TimeSpan.FromDays(1) - _time.GetUtcNow().TimeOfDay;
        return toMidnight < s_waitMax ? toMidnight + TimeSpan.FromMilliseconds(1) : s_waitMax;
    }

    private async Task<int> RunDateAsync(DateOnly today, long nowMs)
    {
        DateOnly yesterday = today.AddDays(-1);
        string? stored = await _store
            .ReadAsync(static session => session.FindMeta(LastDateName), _stopping.Token).ConfigureAwait(false);
        DateOnly last = DateOnly.TryParseExact(stored, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date)
            && date <= today.AddDays(1) ? date : yesterday;
        int refilled = 0;
        if (last < today)
        {
            // What has been spent so far is taken from the balance that the refill replaces, not from the new one.
            await _credits.FlushAsync().ConfigureAwait(false);
            refilled = await RefillAllAsync(today, last, nowMs).ConfigureAwait(false);
            string done = today.ToString(DateFormat, CultureInfo.InvariantCulture);
            await _store.WriteAsync(
                session =>
                {
                    session.SetMeta(LastDateName, done);
                    return 0;
                },
                _stopping.Token).ConfigureAwait(false);
            if (refilled > 0)
            {
                ControlPlaneLog.Refilled(_logger, refilled, done);
            }
        }

        _done = today;
        return refilled;
    }

    private async Task<int> RefillAllAsync(DateOnly today, DateOnly last, long nowMs)
    {
        int refilled = 0;

        // BOUND: each turn moves past at least one id.
        for (string? cursor = ""; cursor is not null;)
        {
            string after = cursor;
            (cursor, int count) = await _store
                .WriteAsync(session => RefillSome(session, after, today, last, nowMs), _stopping.Token).ConfigureAwait(false);
            refilled += count;
        }

        return refilled;
    }

    /// <summary>One unit of work. Returns the id it got to, or <see langword="null"/> when it saw the last key.</summary>
    private (string? Cursor, int Refilled) RefillSome(StoreSession session, string after, DateOnly today, DateOnly last, long nowMs)
    {
        List<KeyRow> keys = session.ListRefills(after, KeysPerUnit);
        Dictionary<string, int> refilled = new(StringComparer.Ordinal);
        foreach (KeyRow key in keys)
        {
            DateOnly due = RefillDates.LastDue(key.RefillDay, today);
            if (due > last
                && due > RefillDates.Of(key.CreatedAtMs)
                && KeyAccess.LiveBalance(_engine, key) < key.RefillAmount
                && session.TryRefill(key.Id, RefillDates.StartMs(due), nowMs))
            {
                refilled[key.WorkspaceId] = refilled.GetValueOrDefault(key.WorkspaceId) + 1;
            }
        }

        int total = 0;
        foreach ((string workspaceId, int count) in refilled)
        {
            AuditTrail.AddRefill(session, workspaceId, count, nowMs);
            total += count;
        }

        return (keys.Count == KeysPerUnit ? keys[^1].Id : null, total);
    }
}
