using System;
using System.Diagnostics;
using System.Threading;
using Unkey.Server.Diagnostics;
using Unkey.Server.Transport.Interop;

namespace Unkey.Server.Transport;

/// <summary>How a reactor waits when it is told to trade its core for latency: looking for a while before it sleeps, on a core of its own.</summary>
internal abstract partial class Reactor
{
    // Ticks of Stopwatch; 0: a reactor without work sleeps at once.
    private readonly long _busyPollTicks;
    private long _busyUntil;

    // ORDER: pairs with the exchange in WakeOnce. A wait may take the wake-up of a post without counting it, so the flag decides; a post that is not
    // seen here sets its wake-up afterwards, and the next wait does not sleep.
    private bool HasPosted => Volatile.Read(ref _wakePending) != 0;

    /// <summary>As <see cref="Wait"/>, but looks again and again until nothing has come for the time of --busy-poll, and sleeps only then.</summary>
    /// <remarks>Called between turns, so outside the engine's read sections: a reactor that looks holds up no memory. What is posted meanwhile is
    /// found at once, too.</remarks>
    [HotPath]
    private int WaitBusily(int timeoutMs)
    {
        int ready = Wait(0);
        if (ready == 0 && timeoutMs != 0 && !HasPosted)
        {
            long start = Stopwatch.GetTimestamp();
            long timeoutAt = timeoutMs < 0 ? long.MaxValue : start + (timeoutMs * (Stopwatch.Frequency / 1000));
            long until = Math.Min(_busyUntil, timeoutAt);

            // BOUND: by the clock.
            long now = start;
            while (ready == 0 && !HasPosted && now < until)
            {
                ready = Wait(0);
                now = Stopwatch.GetTimestamp();
            }

            if (ready == 0 && !HasPosted && now < timeoutAt)
            {
                ready = Wait(timeoutMs < 0 ? -1 : (int)((timeoutAt - now) * 1000 / Stopwatch.Frequency));
            }
        }

        if (ready > 0 || HasPosted)
        {
            _busyUntil = Stopwatch.GetTimestamp() + _busyPollTicks;
        }

        return ready;
    }

    private void Pin()
    {
        if (_context.Core is { } core && CoreAffinity.PinCurrentThread(core) is { } reason)
        {
            TransportLog.NotPinned(Logger, Thread.CurrentThread.Name, core, reason);
        }
    }
}
