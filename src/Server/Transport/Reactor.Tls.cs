using System;
using System.Collections.Generic;
using System.Diagnostics;
using Unkey.Server.Diagnostics;
using Unkey.Server.Transport.Tls;

namespace Unkey.Server.Transport;

/// <content>Connections with TLS: the handshakes, which wait for their turn behind requests, and the bytes between socket and session.</content>
internal abstract partial class Reactor
{
    /// <summary>Handshakes under way at once; one more ends the oldest, which is the one least likely to be a client's.</summary>
    internal const int HandshakesMax = 1024;

    private readonly Queue<(int Slot, uint Generation)> _firstSteps = new();
    private readonly Queue<(int Slot, uint Generation)> _nextSteps = new();
    private readonly Queue<(int Slot, uint Generation)> _begunHandshakes = new();
    private readonly byte[] _sealedBytes;
    private TlsContext? _tls;
    private int _handshakes;
    private long _handshakesAgain;

    private bool HasHandshakeSteps => _firstSteps.Count + _nextSteps.Count > 0;

    /// <summary>Makes connections that begin from now on use another certificate. On the reactor's thread.</summary>
    internal void UseTls(TlsContext context) => _tls = context;

    // An overload is no time for cryptography, so a connection too many gets no polite 503 here.
    private void AcceptedTls(Connection connection)
    {
        if (connection.IsOverLimit)
        {
            Metrics.ConnectionRefused();
            Close(connection);
            return;
        }

        connection.Secure(new TlsSession(Pool)); // ALLOC: once a connection.
        connection.Phase = ConnectionPhase.Handshake;
        Connections.SetDeadline(connection, Clock.MonotonicMs + _deadlines.HeaderMs);
    }

    [HotPath]
    private void OnReadableTls(Connection connection, TlsSession tls)
    {
        if (connection.Phase == ConnectionPhase.Handshake)
        {
            AwaitHandshake(connection, tls);
            return;
        }

        int received = Receive(connection, _sealedBytes);
        if (received > 0)
        {
            Metrics.BytesReceived(received);
            Opened(connection, tls.Open(_sealedBytes.AsSpan(0, received), connection.Input));
            return;
        }

        switch (received)
        {
            case 0:
                // Without close_notify: a request that is complete by its own length is one all the same, and one that is not is dropped.
                connection.Input.End();
                Advance(connection);
                break;
            case WouldBlock:
                UpdateInterest(connection);
                break;
            default:
                Close(connection);
                break;
        }
    }

    [HotPath]
    private void Opened(Connection connection, TlsStatus status)
    {
        switch (status)
        {
            case TlsStatus.Open:
                Advance(connection);
                break;
            case TlsStatus.Ended:
                connection.Input.End();
                Advance(connection);
                break;
            default:
                TlsContext.TakeReason();
                EndWithAlert(connection);
                break;
        }
    }

    // Nothing of the connection means anything any more, but the alert that says so should arrive.
    private void EndWithAlert(Connection connection)
    {
        Context.Bodies.Release(connection);
        connection.Input.Complete();
        connection.Output.Complete();
        connection.Phase = ConnectionPhase.Closing;
        connection.PhaseChanged = true;
        if (SendUnsent(connection))
        {
            SetDeadline(connection);
            UpdateInterest(connection);
        }
    }

    // A step takes up to a millisecond of arithmetic. It waits in a queue of its own, so that the requests of a turn come first.
    private void AwaitHandshake(Connection connection, TlsSession tls)
    {
        if (!tls.IsWaiting)
        {
            tls.IsWaiting = true;
            (tls.IsStarted ? _nextSteps : _firstSteps).Enqueue((connection.Slot, connection.Generation));
        }

        UpdateInterest(connection);
    }

    /// <summary>Does one step of a handshake: at once when nothing else was ready, else for at most half of the time.</summary>
    /// <remarks>Those that have come further go first: a flood of greetings then holds up greetings, and not the client that is nearly through.</remarks>
    private void RunHandshake(int ready)
    {
        long start = Stopwatch.GetTimestamp();
        if (ready > 0 && start < _handshakesAgain)
        {
            return;
        }

        // BOUND: each turn takes one from the queue; those whose connection is gone cost nothing.
        while (_nextSteps.TryDequeue(out (int Slot, uint Generation) next) || _firstSteps.TryDequeue(out next))
        {
            if (Connections.Find(next.Slot, next.Generation) is { Phase: ConnectionPhase.Handshake, Tls: { } tls } connection)
            {
                tls.IsWaiting = false;
                try
                {
                    StepHandshake(connection, tls);
                }
                catch (Exception e)
                {
                    Fail(connection, e);
                }

                break;
            }
        }

        long end = Stopwatch.GetTimestamp();
        _handshakesAgain = end + (end - start);
    }

    private void StepHandshake(Connection connection, TlsSession tls)
    {
        int received = Receive(connection, _sealedBytes);
        if (received == WouldBlock)
        {
            UpdateInterest(connection);
            return;
        }

        if (received <= 0)
        {
            Close(connection);
            return;
        }

        Metrics.BytesReceived(received);
        ReadOnlySpan<byte> bytes = _sealedBytes.AsSpan(0, received);
        if (!tls.IsStarted && !BeginHandshake(connection, tls, bytes[0]))
        {
            return;
        }

        TlsStatus status = tls.Open(bytes, connection.Input);
        if (status == TlsStatus.Failed)
        {
            string reason = TlsContext.TakeReason();
            TransportLog.HandshakeFailed(Logger, reason);
            EndHandshake(connection, tls, HandshakeResult.Failed);
            EndWithAlert(connection);
            return;
        }

        if (tls.IsEstablished)
        {
            EndHandshake(connection, tls, HandshakeResult.Completed);
            connection.Phase = ConnectionPhase.Idle;
            connection.PhaseChanged = true;
            Opened(connection, status);
        }
        else if (status == TlsStatus.Ended)
        {
            Close(connection);
        }
        else if (SendUnsent(connection))
        {
            UpdateInterest(connection);
        }
    }

    // A client that is not through has asked for nothing yet, unless its request has come together with its last step.
    private void DrainHandshake(Connection connection)
    {
        try
        {
            StepHandshake(connection, connection.Tls!);
            if (connection.Phase == ConnectionPhase.Handshake)
            {
                Close(connection);
            }
        }
        catch (Exception e)
        {
            Fail(connection, e);
        }
    }

    private bool BeginHandshake(Connection connection, TlsSession tls, byte first)
    {
        // No record of TLS begins with a letter, every method of HTTP does.
        if (first is >= (byte)'A' and <= (byte)'Z')
        {
            EndHandshake(connection, tls, HandshakeResult.PlainHttp);
            connection.Unsecure();
            Loop.RefusePlainHttp(connection);
            Advance(connection);
            return false;
        }

        while (_handshakes >= HandshakesMax && _begunHandshakes.TryDequeue(out (int Slot, uint Generation) oldest))
        {
            if (Connections.Find(oldest.Slot, oldest.Generation) is { Phase: ConnectionPhase.Handshake } old)
            {
                EndHandshake(old, old.Tls!, HandshakeResult.Displaced);
                Close(old);
            }
        }

        if (!tls.Start(_tls!))
        {
            Close(connection);
            return false;
        }

        _handshakes++;

        // Those at the front that are over, so that the queue is no longer than what one deadline lets in.
        while (_begunHandshakes.TryPeek(out (int Slot, uint Generation) front)
            && Connections.Find(front.Slot, front.Generation) is not { Phase: ConnectionPhase.Handshake })
        {
            _begunHandshakes.Dequeue();
        }

        _begunHandshakes.Enqueue((connection.Slot, connection.Generation));
        return true;
    }

    // Leaves the phase, so that no handshake is counted twice.
    private void EndHandshake(Connection connection, TlsSession tls, HandshakeResult result)
    {
        connection.Phase = ConnectionPhase.Idle;
        _handshakes -= tls.IsStarted ? 1 : 0;
        Metrics.HandshakeEnded(result);
    }

    // What is left to do before the socket of a connection is closed.
    private void CloseTls(Connection connection, TlsSession tls)
    {
        if (connection.Phase == ConnectionPhase.Handshake)
        {
            bool isLate = Connections.DeadlineOf(connection) <= Clock.MonotonicMs;
            EndHandshake(connection, tls, isLate ? HandshakeResult.TimedOut : HandshakeResult.Abandoned);
        }
        else if (tls.Wire.Unsent == 0)
        {
            // As far as the socket takes it: an idle client should learn that this is an end and no attack.
            tls.SayClose();
            if (tls.Wire.Unsent > 0)
            {
                _ = Send(connection, tls.Wire.FirstUnsent());
            }
        }

        tls.Release();
    }
}
