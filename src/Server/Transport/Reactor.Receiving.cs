using System;

namespace Unkey.Server.Transport;

/// <summary>What a connection sends.</summary>
internal abstract partial class Reactor
{
    /// <summary>Serves a connection that has bytes, or whose peer has finished.</summary>
    [HotPath]
    private protected void OnReadable(Connection connection)
    {
        try
        {
            if (connection.Phase == ConnectionPhase.Closing)
            {
                Discard(connection);
                return;
            }

            if (!WantsRead(connection))
            {
                UpdateInterest(connection);
                return;
            }

            if (connection.Tls is { } tls)
            {
                OnReadableTls(connection, tls);
                return;
            }

            int received = connection.IsReceivedAhead ? connection.ReceivedAhead : ReceiveInto(connection);
            connection.IsReceivedAhead = false;
            if (received > 0)
            {
                Advance(connection);
                return;
            }

            connection.Input.ReleaseIfEmpty();
            switch (received)
            {
                case 0:
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
        catch (Exception e)
        {
            Fail(connection, e);
        }
    }

    /// <summary>
    /// Receives for a connection whose turn comes soon, and begins the lookup of the key that it sent. What it waits for from the memory is then on its way while the
    /// connections before it are served. The turn must follow before the dispatch ends.
    /// </summary>
    [HotPath]
    private protected void ReceiveAhead(Connection connection)
    {
        try
        {
            if (connection.Phase != ConnectionPhase.Idle || connection.Tls is not null || connection.Input.Length > 0 || !WantsRead(connection))
            {
                return;
            }

            connection.ReceivedAhead = ReceiveInto(connection);
            connection.IsReceivedAhead = true;
            if (connection.ReceivedAhead > 0)
            {
                Loop.BeginAhead(connection);
            }
        }
        catch (Exception e)
        {
            connection.IsReceivedAhead = false;
            Fail(connection, e);
        }
    }

    [HotPath]
    private int ReceiveInto(Connection connection)
    {
        int received = Receive(connection, connection.Input.GetReceiveSpan());
        if (received > 0)
        {
            Metrics.BytesReceived(received);
            connection.Input.Received(received);
        }

        return received;
    }

    private void Discard(Connection connection)
    {
        Span<byte> room = connection.Input.GetReceiveSpan();
        int received = Receive(connection, room);
        connection.Input.ReleaseIfEmpty();
        if (received > 0)
        {
            connection.DiscardedBytes += received;
            if (connection.DiscardedBytes > LingerBytesMax)
            {
                Close(connection);
            }
        }
        else if (received != WouldBlock)
        {
            connection.Input.End();
            if (received == Failed || connection.WriteShut)
            {
                Close(connection);
            }
            else
            {
                UpdateInterest(connection);
            }
        }
    }

    // A client of TLS can make the session answer without sending a request (KeyUpdate), so what it does not read is bounded here too.
    private static bool WantsRead(Connection connection) => connection.HeldTo == 0 && (connection.Tls is not { } tls || tls.Wire.Unsent <= UnsentBytesMax) && connection.Phase switch
    {
        ConnectionPhase.Blocked or ConnectionPhase.Closed => false,
        ConnectionPhase.Handshake => !connection.Tls!.IsWaiting,
        ConnectionPhase.Cold => !connection.Input.Ended && connection.Input.Length < ReadAheadBytesMax,
        _ => !connection.Input.Ended,
    };
}
