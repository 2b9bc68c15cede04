using System;
using System.Net.Sockets;
using System.Threading;

namespace Unkey.Server.Transport;

/// <summary>One managed socket of a portable reactor and its two operations that may be under way.</summary>
/// <remarks>
/// Starting and taking results happens on the reactor's thread; completions arrive on any thread and only set a flag and
/// queue this object. A background send works on a copy, so that the connection's blocks can go back to the pool at any time.
/// </remarks>
internal sealed class PortableSocket : IDisposable
{
    private readonly PortableReactor _reactor;
    private readonly SocketAsyncEventArgs _receive = new();
    private SocketAsyncEventArgs? _send;
    private bool _receiveArmed;
    private int _readable;
    private int _sendResult = NoResult;

    private const int NoResult = int.MinValue;

    internal PortableSocket(PortableReactor reactor, Connection connection, Socket socket)
    {
        _reactor = reactor;
        Connection = connection;
        Socket = socket;
        _receive.SetBuffer(Memory<byte>.Empty);
        _receive.Completed += OnReceiveCompleted;
    }

    internal Connection Connection { get; }

    internal Socket Socket { get; }

    /// <summary>True from <see cref="SendInBackground"/> until its result was taken.</summary>
    internal bool SendPending { get; private set; }

    /// <summary>Asks to be told when bytes, the end or an error can be read.</summary>
    internal void AwaitReadable()
    {
        if (_receiveArmed)
        {
            return;
        }

        _receiveArmed = true;
        try
        {
            if (!Socket.ReceiveAsync(_receive))
            {
                OnReceiveCompleted(null, _receive);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            OnReceiveCompleted(null, _receive); // The read that follows reports it.
        }
    }

    /// <summary>Sends a copy of <paramref name="bytes"/>, as much as the peer takes; the result comes through the reactor.</summary>
    internal void SendInBackground(ReadOnlyMemory<byte> bytes)
    {
        if (_send is null)
        {
            _send = new SocketAsyncEventArgs();
            _send.Completed += OnSendCompleted;
        }

        SendPending = true;
        _send.SetBuffer(bytes.ToArray()); // ALLOC: only for a client that does not take its answers.
        try
        {
            if (!Socket.SendAsync(_send))
            {
                OnSendCompleted(null, _send);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Finish(-1);
        }
    }

    /// <summary>Whether a read is due; clears the sign.</summary>
    internal bool TakeReadable()
    {
        // ORDER: pairs with the exchange in OnReceiveCompleted; nothing but the flag itself is handed over.
        if (Interlocked.Exchange(ref _readable, 0) == 0)
        {
            return false;
        }

        _receiveArmed = false;
        return true;
    }

    /// <summary>Whether a background send finished: bytes sent, or -1 when it failed.</summary>
    internal bool TakeSent(out int sent)
    {
        // ORDER: pairs with the exchange in Finish; nothing but the number itself is handed over.
        sent = Interlocked.Exchange(ref _sendResult, NoResult);
        if (sent == NoResult)
        {
            return false;
        }

        SendPending = false;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            // Ends the pending receive in order; disposing with one pending resets the connection.
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The peer has closed already.
        }

        Socket.Dispose();
        // The event args may still be in use by the runtime's completion; it drops them when the operation ends.
    }

    private void OnReceiveCompleted(object? sender, SocketAsyncEventArgs e)
    {
        // ORDER: full fence; the flag is set before the reactor is told.
        Interlocked.Exchange(ref _readable, 1);
        _reactor.Completed(this);
    }

    private void OnSendCompleted(object? sender, SocketAsyncEventArgs e) =>
        Finish(e.SocketError == SocketError.Success ? e.BytesTransferred : -1);

    private void Finish(int result)
    {
        // ORDER: full fence; the result is stored before the reactor is told.
        Interlocked.Exchange(ref _sendResult, result);
        _reactor.Completed(this);
    }
}
