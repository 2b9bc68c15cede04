using System;
using System.Runtime.InteropServices;
using Unkey.Server.Diagnostics;
using Unkey.Server.Transport.Interop;

namespace Unkey.Server.Transport;

/// <summary>The Linux reactor: raw non-blocking sockets and one level-triggered epoll set.</summary>
/// <remarks>
/// The interest of a connection only changes when an answer cannot be sent at once or when it is left unread, so a
/// request costs no <c>epoll_ctl</c>. Descriptors that hang up are reported whatever the interest is.
/// </remarks>
internal sealed unsafe class EpollReactor : Reactor
{
    private const int EventsMax = 256;
    private const int AcceptsPerTurn = 64;

    /// <summary>Connections that are received from before the first of them is served: enough to cover a cache miss, few enough for their blocks to stay in the cache.</summary>
    private const int AheadMax = 16;

    private const int AcceptPauseMs = 100;
    private const uint ReadInterest = Linux.EPOLLIN | Linux.EPOLLRDHUP;

    // Slots of connections are below 2^31, so these never collide with one.
    private const ulong WakeToken = 0xFFFF_FFFF;
    private const ulong ListenToken = 0xFFFF_FFFE; // Of the first listener; those of the others count down from it.

    private readonly Connection?[] _ahead = new Connection?[AheadMax];
    private readonly EpollEvents _events = new(EventsMax);
    private readonly int _epoll;
    private readonly int _wake;
    private readonly ulong _lastListenToken;
    private ListeningSocket[] _listeners;
    private int _spare;
    private long _acceptAgainMs;
    private int _nextToDeal;

    /// <summary>Takes over the listening descriptors.</summary>
    internal EpollReactor(ReactorContext context, ListeningSocket[] listeners)
        : base(context)
    {
        _listeners = listeners;
        _lastListenToken = ListenToken + 1 - (ulong)listeners.Length;
        _epoll = Check(Linux.epoll_create1(Linux.EPOLL_CLOEXEC), "epoll_create1");
        _wake = Check(Linux.eventfd(0, Linux.EFD_CLOEXEC | Linux.EFD_NONBLOCK), "eventfd");
        _spare = Linux.open("/dev/null", Linux.O_RDONLY | Linux.O_CLOEXEC);
        Check(EpollEvents.Control(_epoll, Linux.EPOLL_CTL_ADD, _wake, Linux.EPOLLIN, WakeToken), "epoll_ctl");
        for (int i = 0; i < listeners.Length; i++)
        {
            Check(EpollEvents.Control(_epoll, Linux.EPOLL_CTL_ADD, listeners[i].Descriptor, Linux.EPOLLIN, ListenToken - (ulong)i), "epoll_ctl");
        }
    }

    /// <summary>The reactors among which connections of Unix sockets are dealt out, this one included; all are set before any of them runs.</summary>
    internal EpollReactor[] Siblings { private get; set; } = [];

    /// <inheritdoc/>
    public override void Dispose()
    {
        StopAccepting();
        DiscardPosted();
        CloseDescriptor(ref _spare);
        _ = Linux.close(_wake);
        _ = Linux.close(_epoll);
        _events.Dispose();
    }

    /// <inheritdoc/>
    [HotPath]
    private protected override int Wait(int timeoutMs)
    {
        if (_acceptAgainMs != 0)
        {
            timeoutMs = timeoutMs < 0 ? AcceptPauseMs : Math.Min(timeoutMs, AcceptPauseMs);
        }

        int ready = Linux.epoll_wait(_epoll, _events.Pointer, _events.Capacity, timeoutMs);
        return Math.Max(ready, 0); // EINTR: an empty turn.
    }

    /// <inheritdoc/>
    [HotPath]
    private protected override void Dispatch(int ready)
    {
        // BOUND: each turn serves a group.
        for (int group = 0; group < ready; group += AheadMax)
        {
            int end = Math.Min(group + AheadMax, ready);
            if (end - group > 1)
            {
                LookAhead(group, end);
            }

            Serve(group, end);
        }

        if (_acceptAgainMs != 0 && Clock.MonotonicMs >= _acceptAgainMs)
        {
            ResumeAccepting();
        }
    }

    /// <summary>Receives from the connections of a group and begins their lookups; each step gives the memory the time of a whole pass.</summary>
    [HotPath]
    private void LookAhead(int start, int end)
    {
        int count = 0;
        for (int i = start; i < end; i++)
        {
            _events.Get(i, out uint events, out ulong data);

            // Only where nothing but bytes is there.
            if (events == Linux.EPOLLIN && !IsToken(data) && Connections.Find((int)(uint)data, (uint)(data >> 32)) is { } connection)
            {
                ReceiveAhead(connection);
                if (connection.IsReceivedAhead)
                {
                    _ahead[count++] = connection;
                }
            }
        }

        for (int i = 0; i < count; i++)
        {
            Loop.ContinueAhead(_ahead[i]!);
        }

        for (int i = 0; i < count; i++)
        {
            Loop.EndAhead(_ahead[i]!);
            _ahead[i] = null;
        }
    }

    // Not a connection: listeners and the wake-up.
    private bool IsToken(ulong data) => data <= WakeToken && data >= _lastListenToken;

    [HotPath]
    private void Serve(int start, int end)
    {
        for (int i = start; i < end; i++)
        {
            _events.Get(i, out uint events, out ulong data);
            if (IsToken(data))
            {
                if (data == WakeToken)
                {
                    ClearWake();
                }
                else if (ListenToken - data < (ulong)_listeners.Length)
                {
                    AcceptAll(_listeners[(int)(ListenToken - data)]);
                }

                continue;
            }

            if (Connections.Find((int)(uint)data, (uint)(data >> 32)) is not { } connection)
            {
                continue; // Closed earlier in this turn.
            }

            if ((events & (Linux.EPOLLERR | Linux.EPOLLHUP)) != 0)
            {
                // Reset, or both sides are shut. Bytes that came before still count unless nothing may be read.
                if (connection.Phase is ConnectionPhase.Cold or ConnectionPhase.Blocked || (events & Linux.EPOLLERR) != 0)
                {
                    Close(connection);
                    continue;
                }
            }

            if ((events & Linux.EPOLLOUT) != 0)
            {
                OnWritable(connection);
            }

            if ((events & (ReadInterest | Linux.EPOLLHUP)) != 0 && connection.Phase != ConnectionPhase.Closed)
            {
                OnReadable(connection);
            }
        }
    }

    /// <inheritdoc/>
    [HotPath]
    private protected override int Receive(Connection connection, Span<byte> buffer)
    {
        // BOUND: only an interrupted call is repeated.
        while (true)
        {
            nint received;
            // SAFETY: the kernel writes at most the span's length.
            fixed (byte* p = buffer)
            {
                received = Linux.recv(connection.Descriptor, p, (nuint)buffer.Length, 0);
            }

            if (received >= 0)
            {
                return (int)received;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Linux.EINTR:
                    continue;
                case Linux.EAGAIN:
                    return WouldBlock;
                default:
                    return Failed;
            }
        }
    }

    /// <inheritdoc/>
    [HotPath]
    private protected override int Send(Connection connection, ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        // BOUND: only an interrupted call is repeated.
        while (true)
        {
            nint sent;
            // SAFETY: the kernel reads exactly the span.
            fixed (byte* p = span)
            {
                sent = Linux.send(connection.Descriptor, p, (nuint)span.Length, Linux.MSG_NOSIGNAL);
            }

            if (sent >= 0)
            {
                return (int)sent;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Linux.EINTR:
                    continue;
                case Linux.EAGAIN:
                    return WouldBlock;
                default:
                    return Failed;
            }
        }
    }

    /// <inheritdoc/>
    private protected override void ShutdownSend(Connection connection) =>
        _ = Linux.shutdown(connection.Descriptor, Linux.SHUT_WR);

    /// <inheritdoc/>
    private protected override void CloseSocket(Connection connection) => _ = Linux.close(connection.Descriptor);

    /// <inheritdoc/>
    [HotPath]
    private protected override void UpdateInterest(Connection connection, bool wantsRead, bool wantsWrite)
    {
        uint interest = (wantsRead ? ReadInterest : 0) | (wantsWrite ? Linux.EPOLLOUT : 0);
        if (interest != connection.Interest)
        {
            connection.Interest = interest;
            _ = EpollEvents.Control(_epoll, Linux.EPOLL_CTL_MOD, connection.Descriptor, interest, Token(connection));
        }
    }

    /// <inheritdoc/>
    private protected override void StopAccepting()
    {
        foreach (ListeningSocket listener in _listeners)
        {
            _ = Linux.close(listener.Descriptor);
        }

        _listeners = [];
    }

    /// <inheritdoc/>
    private protected override void Wake()
    {
        ulong one = 1;
        _ = Linux.write(_wake, &one, sizeof(ulong));
    }

    private static ulong Token(Connection connection) => (uint)connection.Slot | ((ulong)connection.Generation << 32);

    private static int Check(int result, string call) => result >= 0
        ? result
        : throw new TransportException($"{call} failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    private static void CloseDescriptor(ref int descriptor)
    {
        if (descriptor >= 0)
        {
            _ = Linux.close(descriptor);
            descriptor = -1;
        }
    }

    private void ClearWake()
    {
        ulong count;
        _ = Linux.read(_wake, &count, sizeof(ulong));
    }

    private void AcceptAll(ListeningSocket listener)
    {
        byte* address = stackalloc byte[SocketAddressBytes.SizeMax];
        // BOUND: AcceptsPerTurn, so that a flood of connections does not starve the open ones.
        for (int i = 0; i < AcceptsPerTurn; i++)
        {
            int addressLength = SocketAddressBytes.SizeMax;
            int descriptor = Linux.accept4(listener.Descriptor, address, &addressLength, Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC);
            if (descriptor < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error is Linux.EMFILE or Linux.ENFILE or Linux.ENOBUFS or Linux.ENOMEM)
                {
                    PauseAccepting(listener.Descriptor);
                }

                if (error == Linux.EINTR)
                {
                    continue;
                }

                return; // EAGAIN, or a connection that was gone before it was accepted.
            }

            if (!listener.IsUnix)
            {
                int on = 1;
                _ = Linux.setsockopt(descriptor, Linux.IPPROTO_TCP, Linux.TCP_NODELAY, &on, sizeof(int));
                Adopt(descriptor, new ReadOnlySpan<byte>(address, Math.Min(addressLength, SocketAddressBytes.SizeMax)), listener.IsAdmin, isUnix: false);
            }
            else if (listener.IsAdmin)
            {
                Adopt(descriptor, [], isAdmin: true, isUnix: true);
            }
            else
            {
                Deal(descriptor);
            }
        }
    }

    // The kernel shares connections out among TCP listeners of one port, but a Unix socket has one listener. Waking the reactors one at a time for
    // it (EPOLLEXCLUSIVE) wakes the same one whenever it sleeps, and a few long connections would all be its own; so they are dealt out in turn.
    private void Deal(int descriptor)
    {
        EpollReactor next = Siblings[_nextToDeal];
        _nextToDeal = (_nextToDeal + 1) % Siblings.Length;
        if (next == this)
        {
            Adopt(descriptor, [], isAdmin: false, isUnix: true);
        }
        else
        {
            next.Post(new Dealt(descriptor));
        }
    }

    private void Adopt(int descriptor, ReadOnlySpan<byte> address, bool isAdmin, bool isUnix)
    {
        if (!Limit.TryEnter(out bool overLimit))
        {
            Metrics.ConnectionRefused();
            _ = Linux.close(descriptor);
            return;
        }

        int slot = Connections.NextSlot(out uint generation);
        var connection = new Connection(Pool)
        {
            Slot = slot,
            Generation = generation,
            Descriptor = descriptor,
            IsAdmin = isAdmin,
            IsUnix = isUnix,
            IsOverLimit = overLimit,
            Interest = ReadInterest,
        };
        SetPeer(connection, SocketAddressBytes.ToAddress(address));
        if (EpollEvents.Control(_epoll, Linux.EPOLL_CTL_ADD, descriptor, ReadInterest, Token(connection)) < 0)
        {
            Connections.ReturnSlot(slot);
            Limit.Leave();
            _ = Linux.close(descriptor);
            return;
        }

        Accepted(connection);
    }

    // Without descriptors an accept fails for ever while the listener stays readable: give up the spare one to refuse
    // the first in the queue, then look away for a moment instead of spinning.
    private void PauseAccepting(int listener)
    {
        if (_acceptAgainMs == 0)
        {
            TransportLog.AcceptPaused(Logger);
        }

        CloseDescriptor(ref _spare);
        int refused = Linux.accept4(listener, null, null, Linux.SOCK_CLOEXEC);
        CloseDescriptor(ref refused);
        _spare = Linux.open("/dev/null", Linux.O_RDONLY | Linux.O_CLOEXEC);
        _acceptAgainMs = Clock.MonotonicMs + AcceptPauseMs;
        WatchListeners(0);
    }

    private void ResumeAccepting()
    {
        _acceptAgainMs = 0;
        WatchListeners(Linux.EPOLLIN);
    }

    private void WatchListeners(uint interest)
    {
        for (int i = 0; i < _listeners.Length; i++)
        {
            _ = EpollEvents.Control(_epoll, Linux.EPOLL_CTL_MOD, _listeners[i].Descriptor, interest, ListenToken - (ulong)i);
        }
    }

    // A connection on its way to the reactor that will serve it.
    private sealed class Dealt(int descriptor) : IReactorWork, IDisposable
    {
        public void Run(Reactor reactor) => ((EpollReactor)reactor).Adopt(descriptor, [], isAdmin: false, isUnix: true);

        public void Dispose() => _ = Linux.close(descriptor);
    }
}
