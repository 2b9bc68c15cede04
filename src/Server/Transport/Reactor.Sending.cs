using System;
using System.Diagnostics;
using Unkey.Server.Diagnostics;

namespace Unkey.Server.Transport;

/// <summary>What a connection is sent.</summary>
internal abstract partial class Reactor
{
    /// <summary>Goes on sending to a connection that can take bytes again.</summary>
    private protected void OnWritable(Connection connection)
    {
        try
        {
            if (connection.Phase != ConnectionPhase.Handshake)
            {
                Advance(connection);
            }
            else if (SendUnsent(connection))
            {
                UpdateInterest(connection);
            }
        }
        catch (Exception e)
        {
            Fail(connection, e);
        }
    }

    /// <summary>Sends what the socket takes; false when the connection is gone.</summary>
    [HotPath]
    private bool Flush(Connection connection)
    {
        if (_context.Durability is { } durability && connection.Output.Unsent > 0 && durability.TryHold(connection))
        {
            connection.HeldSince = connection.HeldSince == 0 ? Clock.Timestamp : connection.HeldSince;
            return true;
        }

        return SendUnsent(connection);
    }

    [HotPath]
    private bool SendUnsent(Connection connection)
    {
        ConnectionOutput outgoing = connection.Outgoing;
        bool progressed = false;

        // BOUND: each turn sends bytes of a finite output or returns.
        while (true)
        {
            if (connection.Tls is { IsEstablished: true } tls && !tls.Seal(connection.Output, isLast: connection.Phase == ConnectionPhase.Closing))
            {
                Close(connection);
                return false;
            }

            if (outgoing.Unsent == 0)
            {
                return AllSent(connection);
            }

            int sent = Send(connection, outgoing.FirstUnsent());
            if (sent > 0)
            {
                outgoing.Sent(sent);
                Metrics.BytesSent(sent);
                progressed = true;
                continue;
            }

            if (sent == Failed)
            {
                Close(connection);
                return false;
            }

            if (progressed || connection.WriteDeadlineMs == 0)
            {
                connection.WriteDeadlineMs = Clock.MonotonicMs + _deadlines.WriteMs;
            }

            return true;
        }
    }

    /// <summary>Ends what ends with the last byte of an answer; false when the connection is gone.</summary>
    [HotPath]
    private bool AllSent(Connection connection)
    {
        RecordHotLatency(connection);
        connection.WriteDeadlineMs = 0;
        if (connection.Phase == ConnectionPhase.Closing && !connection.WriteShut)
        {
            if (connection.Input.Ended)
            {
                Close(connection);
                return false;
            }

            // A close with unread bytes would reset the connection and destroy the answer in the client's buffer.
            ShutdownSend(connection);
            connection.WriteShut = true;
            connection.PhaseChanged = true;
        }

        return true;
    }

    // One clock read for all pipelined answers of a turn: they were taken up and sent together.
    [HotPath]
    private void RecordHotLatency(Connection connection)
    {
        if ((connection.VerifyAnswers | connection.LimitAnswers) == 0)
        {
            return;
        }

        long elapsed = Stopwatch.GetTimestamp() - (connection.HeldSince == 0 ? Clock.Timestamp : connection.HeldSince);
        connection.HeldSince = 0;
        for (; connection.VerifyAnswers > 0; connection.VerifyAnswers--)
        {
            Metrics.RecordLatency(RequestEndpoint.VerifyKey, elapsed);
        }

        for (; connection.LimitAnswers > 0; connection.LimitAnswers--)
        {
            Metrics.RecordLatency(RequestEndpoint.Limit, elapsed);
        }
    }
}
