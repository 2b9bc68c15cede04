using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine.Keys;
using Unkey.Server.Events;
using Unkey.Server.Hosting;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane;

/// <summary>Carries the minutes in which keys were last used to the store, once a minute and when the server stops.</summary>
/// <remarks>Approximate by design: a process that is killed loses the last minute of it, and without events there is nothing to carry of keys that are no root keys.</remarks>
internal sealed class LastUseWriteBack : IAsyncDisposable
{
    // Small, so that requests get their turn in between.
    private const int KeysPerUnit = 1024;

    /// <summary>From the start of one write-back to the start of the next.</summary>
    private static readonly WorkPace s_pace = new(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), TimeSpan.Zero);

    /// <summary>Between the units of a write-back: 200,000 keys are not written in one go but over some half a minute.</summary>
    private static readonly WorkPace s_unitPace = new(TimeSpan.Zero, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(200));

    private readonly LastUse _lastUse;
    private readonly RootKeyUses _rootKeys;
    private readonly IStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;
    private bool _isStopped;

    /// <summary>Starts the loop.</summary>
    public LastUseWriteBack(LastUse lastUse, RootKeyUses rootKeys, IStore store, TimeProvider time, ILogger logger)
    {
        _lastUse = lastUse;
        _rootKeys = rootKeys;
        _store = store;
        _time = time;
        _logger = logger;
        _loop = RunAsync();
    }

    /// <summary>Writes what has been noted so far, without pauses. Any thread.</summary>
    public Task FlushAsync() => WriteAsync(isPaced: false);

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
        while (await PauseAsync(s_pace.PauseAfter(turn)).ConfigureAwait(false))
        {
            long start = _time.GetTimestamp();
            await WriteAsync(isPaced: true).ConfigureAwait(false);
            turn = _time.GetElapsedTime(start);
        }
    }

    /// <returns>False at the stop.</returns>
    private async Task<bool> PauseAsync(TimeSpan pause)
    {
        await Task.Delay(pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_stopping.IsCancellationRequested;
    }

    /// <param name="isPaced">Whether there are pauses; the stop ends them.</param>
    private async Task WriteAsync(bool isPaced)
    {
        UsedKeys used = _lastUse.Take();
        AddRootKeys(used);
        ReadOnlyMemory<int> places = Order(used);
        try
        {
            while (places.Length > 0)
            {
                ReadOnlyMemory<int> unit = places[..Math.Min(places.Length, KeysPerUnit)];
                places = places[unit.Length..];
                long start = _time.GetTimestamp();
                await _store.WriteAsync(session => Write(session, used, unit.Span), CancellationToken.None).ConfigureAwait(false);
                isPaced = isPaced && places.Length > 0 && await PauseAsync(s_unitPace.PauseAfter(_time.GetElapsedTime(start))).ConfigureAwait(false);
            }
        }
        catch (StoreException exception)
        {
            // Not kept for another try: the next use of each key is noted again.
            ControlPlaneLog.LastUseNotWritten(_logger, used.Count, exception);
        }

        _lastUse.Return(used);
    }

    private static ReadOnlyMemory<int> Order(UsedKeys used)
    {
        using BackgroundThread.Work work = BackgroundThread.BeginWork();
        return used.OrderByKeyId();
    }

    private void AddRootKeys(UsedKeys used)
    {
        // Few, and not bounded again: what was taken is not told a second time.
        foreach ((string keyId, long minuteMs) in _rootKeys.Take())
        {
            used.Note(Encoding.UTF8.GetBytes(keyId), minuteMs, int.MaxValue);
        }
    }

    private static int Write(StoreSession session, UsedKeys used, ReadOnlySpan<int> places)
    {
        foreach (int place in places)
        {
            session.NoteUse(used.KeyId(place), used.MinuteMs(place));
        }

        return places.Length;
    }
}
