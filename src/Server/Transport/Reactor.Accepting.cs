using System;
using System.Net;

namespace Unkey.Server.Transport;

/// <summary>How a reactor takes over connections: who the peer is, and what is done with those that come too late or too many.</summary>
internal abstract partial class Reactor
{
    /// <summary>Takes over a connection that was just accepted and registered with the transport.</summary>
    private protected void Accepted(Connection connection)
    {
        Connections.Add(connection);
        Metrics.ConnectionOpened();
        if (_tls is not null && !connection.IsAdmin && !connection.IsUnix)
        {
            AcceptedTls(connection);
        }
        else
        {
            Connections.SetDeadline(connection, Clock.MonotonicMs + _deadlines.IdleMs);
            if (connection.IsOverLimit)
            {
                Metrics.ConnectionRefused();
                Loop.RefuseOverLimit(connection);
                Advance(connection);
            }
        }

        if (Draining)
        {
            // Accepted before the drain began, on another thread, and handed over only now.
            Drain(connection);
        }
    }

    /// <summary>Notes who the peer is, and whether its word about others is believed.</summary>
    private protected void SetPeer(Connection connection, IPAddress? address)
    {
        if (connection.IsUnix)
        {
            // In the place of an address in logs, and the one source that the throttle sees; no allow-list of addresses has it.
            connection.SetPeerAddress("unix"u8);
            connection.PeerIsTrustedProxy = Context.Options.TrustsUnixPeers;
            return;
        }

        if (address is null)
        {
            return;
        }

        Span<byte> text = stackalloc byte[64];
        if (address.TryFormat(text, out int length))
        {
            connection.SetPeerAddress(text[..length]);
        }

        foreach (IPNetwork proxy in Context.Options.TrustedProxies)
        {
            connection.PeerIsTrustedProxy |= proxy.Contains(address);
        }
    }

    // Closes what is idle; what has a request in flight is left to finish it.
    private void Drain(Connection connection)
    {
        if (connection.Phase == ConnectionPhase.Idle)
        {
            // A request that has arrived but was not read yet is in flight as well: it is answered, and the answer says close.
            OnReadable(connection);
            if (connection.Phase == ConnectionPhase.Idle && connection.HeldTo == 0)
            {
                BeginClose(connection);
            }
        }
        else if (connection.Phase == ConnectionPhase.Handshake)
        {
            DrainHandshake(connection);
        }
    }
}
