using System;

namespace Unkey.Server.Transport;

/// <content>How long a connection may take for what it is doing, and what becomes of it when it takes longer.</content>
internal abstract partial class Reactor
{
    private const int SweepIntervalMs = 100;

    /// <summary>A sweep that comes later than this says that the process did not run: it was stopped, or starved.</summary>
    private const int PauseMs = 1000;

    private readonly Deadlines _deadlines;
    private long _nextSweepMs;
    private bool _sweepWasPutOff;

    [HotPath]
    private void SetDeadline(Connection connection)
    {
        if (connection.WriteDeadlineMs != 0)
        {
            Connections.SetDeadline(connection, connection.WriteDeadlineMs);
            connection.PhaseChanged = true; // Once the output is sent, the phase's own deadline starts afresh.
            return;
        }

        if (!connection.PhaseChanged)
        {
            // Deadlines are absolute: bytes that trickle in do not move them. A chunked body has no length to add its time for
            // at once, so it earns that time at the lowest rate with what has come.
            if (connection.Chunked is not null && connection.Phase == ConnectionPhase.Body)
            {
                Connections.SetDeadline(connection, connection.PhaseStartMs + _deadlines.BodyMs + connection.BodyExtraMs);
            }

            return;
        }

        connection.PhaseChanged = false;
        long now = Clock.MonotonicMs;
        connection.PhaseStartMs = now;
        Connections.SetDeadline(connection, connection.Phase switch
        {
            ConnectionPhase.Idle => now + _deadlines.IdleMs,
            ConnectionPhase.Head => now + _deadlines.HeaderMs,
            ConnectionPhase.Body => now + _deadlines.BodyMs + connection.BodyExtraMs,
            ConnectionPhase.Closing => now + Deadlines.LingerMs,
            ConnectionPhase.Blocked => now + _deadlines.WriteMs,
            _ => ConnectionTable.Never,
        });
    }

    private void Sweep()
    {
        // What arrived during a pause is read first: the clients were in time, the process was not.
        bool isLate = Clock.MonotonicMs - _nextSweepMs > PauseMs && !_sweepWasPutOff;
        _sweepWasPutOff = isLate;
        _nextSweepMs = Clock.MonotonicMs + (isLate ? PauseMs : SweepIntervalMs);
        if (isLate)
        {
            return;
        }

        Metrics.SampleAllocations();
        // BOUND: each step goes to a later slot.
        for (int slot = Connections.NextExpired(0, Clock.MonotonicMs); slot >= 0; slot = Connections.NextExpired(slot + 1, Clock.MonotonicMs))
        {
            Connection connection = Connections.At(slot)!;
            try
            {
                OnDeadline(connection);
            }
            catch (Exception e)
            {
                Fail(connection, e);
            }
        }
    }

    private void OnDeadline(Connection connection)
    {
        if (connection.WriteDeadlineMs != 0)
        {
            Close(connection);
            return;
        }

        switch (connection.Phase)
        {
            case ConnectionPhase.Head or ConnectionPhase.Body:
                Loop.RefuseTimeout(connection);
                if (Flush(connection))
                {
                    SetDeadline(connection);
                    UpdateInterest(connection);
                }

                break;
            default:
                Close(connection);
                break;
        }
    }
}
