using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Microsoft.Extensions.Logging;
using Unkey.Engine.Events;
using Unkey.Server.Diagnostics;

namespace Unkey.Server.Transport;

/// <summary>Holds back the answers of one reactor until the events they are about are on the disk (<c>--durability strict</c>).</summary>
/// <remarks>
/// A thread of its own flushes, and while it does the reactor goes on: what is decided meanwhile shares the next flush. <see cref="Position"/>,
/// <see cref="TryHold"/> and <see cref="TryTakeReleased"/> are the reactor's.
/// </remarks>
internal sealed class DurabilityGate : IReactorWork, IDisposable
{
    private static readonly TimeSpan s_pauseAfterFault = TimeSpan.FromMilliseconds(100);

    private readonly EventRing _own;
    private readonly EventRing _cold;
    private readonly Action _flush;
    private readonly ILogger _logger;
    private readonly Queue<Held> _held = new();
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly Thread _thread;
    private Action<IReactorWork> _post = static _ => { };
    private volatile bool _isStopping;
    private long _reached;
    private long _failedTo;
    private long _failures;
    private bool _isFlushing;
    private bool _isFailing;

    /// <summary>Makes a gate.</summary>
    /// <param name="own">The reactor's ring.</param>
    /// <param name="cold">The ring of what is decided off the reactors.</param>
    /// <param name="flush">Brings everything to the disk; an <see cref="IOException"/> says that it could not.</param>
    /// <param name="logger">For changes of state.</param>
    public DurabilityGate(EventRing own, EventRing cold, Action flush, ILogger logger)
    {
        _own = own;
        _cold = cold;
        _flush = flush;
        _logger = logger;
        _reached = Position;
        _thread = new Thread(Run) { Name = "durability", IsBackground = true };
    }

    /// <summary>Flushes that failed. Any thread.</summary>
    // ORDER: none needed; a count with one writer.
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Grows with each decision that this reactor or the control plane has made, also with one that found no room in its ring.</summary>
    public long Position => _own.Tail + _own.Dropped + _cold.Tail + _cold.Dropped;

    /// <summary>Starts the thread.</summary>
    /// <param name="post">Hands work to the reactor's thread.</param>
    public void Start(Action<IReactorWork> post)
    {
        _post = post;
        _thread.Start();
    }

    /// <summary>Holds a connection back when something it may answer about is not on the disk.</summary>
    /// <param name="connection">The connection; one that is held already waits for what was decided since as well.</param>
    /// <returns>Whether nothing may be sent now.</returns>
    public bool TryHold(Connection connection)
    {
        long position = Position;

        // ORDER: acquire. Pairs with the release in Run: what was flushed was flushed before this says so.
        if (connection.HeldTo == 0 && position <= Volatile.Read(ref _reached))
        {
            return false;
        }

        if (connection.HeldTo == 0)
        {
            _held.Enqueue(new Held(connection.Slot, connection.Generation, position));
        }

        connection.HeldTo = position;
        Want();
        return true;
    }

    /// <summary>Gives the next connection whose answers may be sent, oldest first.</summary>
    /// <param name="connections">The reactor's connections.</param>
    /// <param name="connection">The connection; no longer held.</param>
    /// <param name="isLost">Whether its flush failed: nobody knows what is on the disk, and its answers must not be sent.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryTakeReleased(ConnectionTable connections, out Connection connection, out bool isLost)
    {
        // ORDER: acquire, both. Pairs with the releases in Run, which writes the failure first.
        long reached = Volatile.Read(ref _reached);
        long failedTo = Volatile.Read(ref _failedTo);

        // BOUND: each turn takes one away, or puts one back with a later position than was reached.
        while (_held.TryPeek(out Held held) && held.Position <= reached)
        {
            _held.Dequeue();
            if (connections.Find(held.Slot, held.Generation) is not { } found)
            {
                continue;
            }

            if (found.HeldTo > reached)
            {
                _held.Enqueue(held with { Position = found.HeldTo });
                continue;
            }

            isLost = found.HeldTo <= failedTo;
            found.HeldTo = 0;
            connection = found;
            return true;
        }

        connection = null!;
        isLost = false;
        return false;
    }

    /// <inheritdoc/>
    public void Run(Reactor reactor)
    {
        Flushed();
        reactor.ReleaseHeld();
        if (_held.Count > 0)
        {
            Want();
        }
    }

    /// <summary>Notes that the flush that was wanted has ended, so that the next may be wanted.</summary>
    public void Flushed() => _isFlushing = false;

    /// <summary>Ends the thread. The reactor has ended.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _wanted.Release();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _wanted.Dispose();
    }

    private void Want()
    {
        if (!_isFlushing)
        {
            _isFlushing = true;
            _wanted.Release();
        }
    }

    private void Run()
    {
        while (true)
        {
            _wanted.Wait();
            if (_isStopping)
            {
                return;
            }

            long position = Position;
            bool isFlushed = TryFlush();
            if (!isFlushed)
            {
                Volatile.Write(ref _failedTo, position); // ORDER: release. Before what was reached, see TryTakeReleased.
            }

            Volatile.Write(ref _reached, position); // ORDER: release. The flush comes before it.
            _post(this);
            if (!isFlushed)
            {
                Thread.Sleep(s_pauseAfterFault);
            }
        }
    }

    private bool TryFlush()
    {
        try
        {
            _flush();
            if (_isFailing)
            {
                _isFailing = false;
                TransportLog.DurableAgain(_logger);
            }

            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Volatile.Write(ref _failures, _failures + 1); // ORDER: none needed, see Failures.
            if (!_isFailing)
            {
                _isFailing = true;
                TransportLog.NotDurable(_logger, exception.Message);
            }

            return false;
        }
    }

    private readonly record struct Held(int Slot, uint Generation, long Position);
}
