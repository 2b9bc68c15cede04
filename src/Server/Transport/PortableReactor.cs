using System;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace Unkey.Server.Transport;

/// <summary>The reactor for every operating system: managed sockets whose completions are served on the reactor's thread.</summary>
/// <remarks>
/// A zero-byte receive stands for "readable", so an idle connection pins no buffer, as with epoll. Completions arrive on
/// the runtime's I/O threads and are queued here; the hop costs what epoll saves, and the connection code stays the same.
/// </remarks>
internal sealed class PortableReactor(ReactorContext context) : Reactor(context)
{
    private readonly ConcurrentQueue<PortableSocket> _ready = new();
    private readonly ManualResetEventSlim _signal = new(false);

    /// <inheritdoc/>
    public override void Dispose()
    {
        DiscardPosted();
        _signal.Dispose();
    }

    /// <summary>Takes over an accepted socket. On the reactor's thread.</summary>
    internal void Adopt(Socket socket, bool isAdmin)
    {
        if (!Limit.TryEnter(out bool overLimit))
        {
            Metrics.ConnectionRefused();
            socket.Dispose();
            return;
        }

        bool isUnix = socket.AddressFamily == AddressFamily.Unix;
        IPAddress? peer;
        try
        {
            if (!isUnix)
            {
                socket.NoDelay = true;
            }

            socket.Blocking = false;
            peer = (socket.RemoteEndPoint as IPEndPoint)?.Address;
        }
        catch (SocketException)
        {
            // Gone before it was served.
            Limit.Leave();
            socket.Dispose();
            return;
        }

        int slot = Connections.NextSlot(out uint generation);
        var connection = new Connection(Pool) { Slot = slot, Generation = generation, IsAdmin = isAdmin, IsUnix = isUnix, IsOverLimit = overLimit };
        SetPeer(connection, peer is { IsIPv4MappedToIPv6: true } ? peer.MapToIPv4() : peer);
        connection.TransportState = new PortableSocket(this, connection, socket);
        Accepted(connection);
        if (connection.Phase != ConnectionPhase.Closed)
        {
            UpdateInterest(connection, wantsRead: true, wantsWrite: connection.Outgoing.Unsent > 0);
        }
    }

    /// <summary>Tells the reactor that an operation of <paramref name="socket"/> completed. Any thread.</summary>
    internal void Completed(PortableSocket socket)
    {
        _ready.Enqueue(socket);
        _signal.Set();
    }

    /// <inheritdoc/>
    private protected override int Wait(int timeoutMs)
    {
        _signal.Wait(timeoutMs);
        _signal.Reset(); // Before the queue is counted: a later Completed sets it again.
        return _ready.Count;
    }

    /// <inheritdoc/>
    private protected override void Dispatch(int ready)
    {
        for (int i = 0; i < ready && _ready.TryDequeue(out PortableSocket? socket); i++)
        {
            Connection connection = socket.Connection;
            if (connection.Phase == ConnectionPhase.Closed)
            {
                continue;
            }

            if (socket.TakeSent(out int sent))
            {
                if (sent <= 0)
                {
                    Close(connection);
                    continue;
                }

                connection.Outgoing.Sent(sent);
                Metrics.BytesSent(sent);
                connection.WriteDeadlineMs = 0;
                OnWritable(connection);
            }

            if (socket.TakeReadable() && connection.Phase != ConnectionPhase.Closed)
            {
                OnReadable(connection);
            }
        }

        if (!_ready.IsEmpty)
        {
            _signal.Set();
        }
    }

    /// <inheritdoc/>
    private protected override int Receive(Connection connection, Span<byte> buffer)
    {
        Socket socket = Of(connection).Socket;
        int received = socket.Receive(buffer, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => received,
            SocketError.WouldBlock => WouldBlock,
            _ => Failed,
        };
    }

    /// <inheritdoc/>
    private protected override int Send(Connection connection, ReadOnlyMemory<byte> bytes)
    {
        PortableSocket state = Of(connection);
        if (state.SendPending)
        {
            return WouldBlock;
        }

        int sent = state.Socket.Send(bytes.Span, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => sent,
            SocketError.WouldBlock => WouldBlock,
            _ => Failed,
        };
    }

    /// <inheritdoc/>
    private protected override void ShutdownSend(Connection connection)
    {
        try
        {
            Of(connection).Socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer was faster; the read that follows says so.
        }
    }

    /// <inheritdoc/>
    private protected override void CloseSocket(Connection connection) => Of(connection).Dispose();

    /// <inheritdoc/>
    private protected override void UpdateInterest(Connection connection, bool wantsRead, bool wantsWrite)
    {
        if (connection.TransportState is not PortableSocket socket)
        {
            return; // Refused while it was being taken over.
        }

        if (wantsRead)
        {
            socket.AwaitReadable();
        }

        if (wantsWrite && !socket.SendPending)
        {
            socket.SendInBackground(connection.Outgoing.FirstUnsent());
        }
    }

    /// <inheritdoc/>
    private protected override void StopAccepting()
    {
        // The shared listener belongs to the transport server.
    }

    /// <inheritdoc/>
    private protected override void Wake() => _signal.Set();

    private static PortableSocket Of(Connection connection) => (PortableSocket)connection.TransportState!;
}
