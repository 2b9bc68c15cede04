using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading;
using Microsoft.Extensions.Logging;
using Unkey.Server.Diagnostics;
using Unkey.Server.Routing;

namespace Unkey.Server.Transport;

/// <summary>One thread that owns a share of the connections: it waits, receives, lets requests be decided, and sends.</summary>
/// <remarks>
/// Everything here runs on the reactor's thread, except <see cref="Post"/> and <see cref="Stop"/>. A turn is: wait for
/// readiness, read the clock, serve what is ready, do what other threads posted, sweep the deadlines. Between turns the
/// thread is outside the engine's read sections, so memory that writers retired can be freed while it sleeps.
/// The two subclasses say how to wait and how to move bytes; nothing else differs between them.
/// </remarks>
internal abstract partial class Reactor : IDisposable
{
    /// <summary>Unsent answers above which a connection is not read any further.</summary>
    internal const int UnsentBytesMax = 64 * 1024;

    /// <summary>Bytes taken in behind a cold request before the connection is left unread.</summary>
    internal const int ReadAheadBytesMax = 64 * 1024;

    /// <summary>Bytes thrown away during that time before the connection is cut.</summary>
    internal const long LingerBytesMax = 32 * 1024 * 1024;

    private readonly ConcurrentQueue<IReactorWork> _posted = new();
    private readonly ReactorContext _context;
    private int _wakePending;
    private volatile bool _stopping;

    private protected Reactor(ReactorContext context)
    {
        _context = context;
        _deadlines = Deadlines.From(context.Options);
        _busyPollTicks = (long)(context.Options.BusyPoll.TotalSeconds * Stopwatch.Frequency);
        _tls = context.Tls;
        _sealedBytes = _tls is null ? [] : GC.AllocateUninitializedArray<byte>(BufferPool.BlockBytes, pinned: true);
        Pool = new BufferPool();
        Clock = new ReactorClock(context.Time, context.Options.ServerTiming);
        Loop = new RequestLoop(context, this);
    }

    /// <summary>The connections of this reactor.</summary>
    internal ConnectionTable Connections { get; } = new();

    /// <summary>The time of this turn.</summary>
    internal ReactorClock Clock { get; }

    /// <summary>True once no new work is wanted: answers say <c>Connection: close</c>.</summary>
    internal bool Draining { get; private set; }

    private protected BufferPool Pool { get; }

    private protected RequestLoop Loop { get; }

    private protected ReactorContext Context => _context;

    private protected ReactorMetrics Metrics => _context.Metrics;

    private protected ILogger Logger => _context.Logger;

    private protected ConnectionLimit Limit => _context.Limit;

    /// <summary>Blocks given out and not returned; 0 when every connection is idle or closed.</summary>
    internal int RentedBlocks => Pool.RentedCount;

    /// <summary>The body of the reactor's thread; returns after <see cref="Stop"/>.</summary>
    internal void Run()
    {
        Engine.Memory.Participant participant = _context.Engine.Reclaimer.Register();
        Pin();
        try
        {
            Clock.Update();
            while (!_stopping)
            {
                int timeoutMs = HasHandshakeSteps ? 0
                    : Connections.Count == 0 ? -1
                    : (int)Math.Clamp(_nextSweepMs - Clock.MonotonicMs, 0, SweepIntervalMs);
                int ready = _busyPollTicks == 0 ? Wait(timeoutMs) : WaitBusily(timeoutMs);
                Clock.Update();
                if (timeoutMs < 0)
                {
                    // Nobody waited meanwhile, so no sweep was missed.
                    _nextSweepMs = Clock.MonotonicMs + SweepIntervalMs;
                }

                participant.Enter();
                Dispatch(ready);
                RunPosted();
                if (HasHandshakeSteps)
                {
                    RunHandshake(ready);
                }

                if (Clock.MonotonicMs >= _nextSweepMs)
                {
                    Sweep();
                }

                participant.Exit();
                Metrics.TurnCompleted();
            }

            CloseAll();
        }
        finally
        {
            participant.Dispose();
        }
    }

    /// <summary>Hands <paramref name="work"/> to the reactor's thread. Any thread; never blocks.</summary>
    internal void Post(IReactorWork work)
    {
        _posted.Enqueue(work);
        WakeOnce();
    }

    /// <summary>Ends <see cref="Run"/> after the current turn. Any thread.</summary>
    internal void Stop()
    {
        _stopping = true;
        WakeOnce();
    }

    /// <summary>Stops accepting, closes idle connections and lets the others finish what is in flight.</summary>
    internal void BeginDrain()
    {
        Draining = true;
        StopAccepting();
        for (int slot = 0; slot < Connections.SlotCount; slot++)
        {
            if (Connections.At(slot) is { } connection)
            {
                Drain(connection);
            }
        }
    }

    /// <summary>Continues a connection whose cold request has been answered.</summary>
    internal void CompleteCold(int slot, uint generation, ControlPlane.ColdResponse response)
    {
        if (Connections.Find(slot, generation) is not { Phase: ConnectionPhase.Cold } connection)
        {
            return; // The client left meanwhile.
        }

        try
        {
            Loop.CompleteCold(connection, response);
            Advance(connection);
        }
        catch (Exception e)
        {
            Fail(connection, e);
        }
    }

    /// <summary>Sends answers that were held back until they were durable.</summary>
    internal void ReleaseHeld()
    {
        while (_context.Durability!.TryTakeReleased(Connections, out Connection connection, out bool isLost))
        {
            try
            {
                if (isLost)
                {
                    Close(connection);
                }
                else if (SendUnsent(connection))
                {
                    Advance(connection);
                }
            }
            catch (Exception e)
            {
                Fail(connection, e);
            }
        }
    }

    /// <summary>Sleeps until something is ready, at most <paramref name="timeoutMs"/> (-1: no bound); returns how much is.</summary>
    private protected abstract int Wait(int timeoutMs);

    /// <summary>Serves what the last <see cref="Wait"/> found.</summary>
    private protected abstract void Dispatch(int ready);

    /// <summary>Receives without blocking: bytes, 0 at the end of the stream, <see cref="WouldBlock"/> or <see cref="Failed"/>.</summary>
    private protected abstract int Receive(Connection connection, Span<byte> buffer);

    /// <summary>Sends without blocking: bytes, <see cref="WouldBlock"/> or <see cref="Failed"/>.</summary>
    private protected abstract int Send(Connection connection, ReadOnlyMemory<byte> bytes);

    /// <summary>Closes the sending side.</summary>
    private protected abstract void ShutdownSend(Connection connection);

    /// <summary>Closes the socket.</summary>
    private protected abstract void CloseSocket(Connection connection);

    /// <summary>Makes the transport report what the connection now waits for.</summary>
    private protected abstract void UpdateInterest(Connection connection, bool wantsRead, bool wantsWrite);

    /// <summary>Closes the listening sockets.</summary>
    private protected abstract void StopAccepting();

    /// <summary>Ends a sleeping <see cref="Wait"/>. Any thread.</summary>
    private protected abstract void Wake();

    private protected const int WouldBlock = -1;
    private protected const int Failed = -2;

    /// <summary>Forgets a connection at once.</summary>
    private protected void Close(Connection connection)
    {
        if (connection.Phase == ConnectionPhase.Closed)
        {
            return;
        }

        Context.Bodies.Release(connection);
        if (connection.Tls is { } tls)
        {
            CloseTls(connection, tls);
        }

        connection.Release();
        Loop.ForgetHeads();
        CloseSocket(connection);
        Connections.Remove(connection);
        Limit.Leave();
        Metrics.ConnectionClosed();
    }

    /// <summary>Decides what can be decided and sends it, as often as one makes room for the other.</summary>
    [HotPath]
    private void Advance(Connection connection)
    {
        // BOUND: a further turn only follows a Process that consumed input and a Flush that emptied the output.
        do
        {
            Loop.Process(connection);
            if (!Flush(connection))
            {
                return;
            }
        }
        while (connection.Phase == ConnectionPhase.Blocked && connection.Output.Unsent == 0);

        if (Draining && connection.Phase == ConnectionPhase.Idle)
        {
            BeginClose(connection);
            return;
        }

        SetDeadline(connection);
        UpdateInterest(connection);
    }

    private void BeginClose(Connection connection)
    {
        connection.Phase = ConnectionPhase.Closing;
        if (Flush(connection))
        {
            SetDeadline(connection);
            UpdateInterest(connection);
        }
    }

    [HotPath]
    private void UpdateInterest(Connection connection) =>
        UpdateInterest(connection, WantsRead(connection), connection.HeldTo == 0 && connection.Outgoing.Unsent > 0);

    private void RunPosted()
    {
        // ORDER: full fence. Clears the flag before the queue is read, so a Post that finds it set has its item seen here.
        if (Interlocked.Exchange(ref _wakePending, 0) == 0)
        {
            return;
        }

        // BOUND: at most what was there when the turn began; later items wake the next turn.
        for (int n = _posted.Count; n > 0 && _posted.TryDequeue(out IReactorWork? work); n--)
        {
            work.Run(this);
        }

        if (!_posted.IsEmpty)
        {
            WakeOnce();
        }
    }

    private void WakeOnce()
    {
        // ORDER: full fence. The item is in the queue before the flag is set; pairs with the exchange in RunPosted.
        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
        {
            Wake();
        }
    }

    /// <summary>Gives up what was posted and never done. Once <see cref="Run"/> has ended on every reactor.</summary>
    private protected void DiscardPosted()
    {
        while (_posted.TryDequeue(out IReactorWork? work))
        {
            (work as IDisposable)?.Dispose();
        }
    }

    private void CloseAll()
    {
        StopAccepting();
        for (int slot = 0; slot < Connections.SlotCount; slot++)
        {
            if (Connections.At(slot) is { } connection)
            {
                Close(connection);
            }
        }

        Metrics.SampleAllocations();
    }

    // One catch around each connection's step: a fault costs that connection, not the process.
    private void Fail(Connection connection, Exception e)
    {
        Metrics.ConnectionFaulted();
        TransportLog.ConnectionFaulted(Logger, e);
        Close(connection);
    }

    /// <inheritdoc/>
    public abstract void Dispose();
}
