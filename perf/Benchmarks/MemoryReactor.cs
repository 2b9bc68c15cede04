using System;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Engine.Memory;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Documents;
using Unkey.Server.Diagnostics;
using Unkey.Server.Hosting;
using Unkey.Server.Routing;
using Unkey.Server.Transport;

namespace Unkey.Perf;

/// <summary>A reactor without sockets: one connection whose bytes come from one array and go to another.</summary>
/// <remarks>Everything between recv and send of the real one runs unchanged; the system calls are copies.</remarks>
internal sealed class MemoryReactor : Reactor
{
    private readonly byte[] _sent = new byte[64 * 1024];
    private readonly Connection _connection;
    private readonly Participant _participant;
    private byte[] _arriving = [];
    private int _sentBytes;

    internal MemoryReactor(SampleEngine engine)
        : base(ContextOf(engine))
    {
        _participant = engine.State.Reclaimer.Register();
        Clock.Update();
        int slot = Connections.NextSlot(out uint generation);
        _connection = new Connection(Pool) { Slot = slot, Generation = generation };
        SetPeer(_connection, IPAddress.Loopback);
        Limit.TryEnter(out _);
        Accepted(_connection);
    }

    /// <summary>What the last call answered.</summary>
    internal ReadOnlySpan<byte> Sent => _sent.AsSpan(0, _sentBytes);

    /// <summary>One turn of the reactor in which these bytes are there to be received.</summary>
    /// <returns>Bytes answered.</returns>
    internal int Serve(byte[] bytes)
    {
        _arriving = bytes;
        _sentBytes = 0;
        Clock.Update();
        _participant.Enter();
        OnReadable(_connection);
        _participant.Exit();
        Metrics.TurnCompleted();
        return _sentBytes;
    }

    public override void Dispose()
    {
        Close(_connection);
        _participant.Dispose();
    }

    private protected override int Wait(int timeoutMs) => 0;

    private protected override void Dispatch(int ready)
    {
    }

    private protected override int Receive(Connection connection, Span<byte> buffer)
    {
        _arriving.CopyTo(buffer);
        return _arriving.Length;
    }

    private protected override int Send(Connection connection, ReadOnlyMemory<byte> bytes)
    {
        bytes.Span.CopyTo(_sent.AsSpan(_sentBytes));
        _sentBytes += bytes.Length;
        return bytes.Length;
    }

    private protected override void ShutdownSend(Connection connection)
    {
    }

    private protected override void CloseSocket(Connection connection)
    {
    }

    private protected override void UpdateInterest(Connection connection, bool wantsRead, bool wantsWrite)
    {
    }

    private protected override void StopAccepting()
    {
    }

    private protected override void Wake()
    {
    }

    private static ReactorContext ContextOf(SampleEngine engine)
    {
        Metrics metrics = new(1, "benchmark", []);
        ControlPlaneRouter controlPlane = new([]);
        return new ReactorContext
        {
            Options = new ServerOptions(),
            Events = null,
            Engine = engine.State,
            Routes = new RouteTable(controlPlane, servesDocuments: false),
            ControlPlane = controlPlane,
            Documents = new ApiDocuments("benchmark"),
            Admin = new AdminRouter(metrics, new HealthState()),
            Metrics = metrics.Reactor(0),
            Limit = new ConnectionLimit(1),
            Bodies = new BodyBudget(BodyBudget.DefaultBytesMax),
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
        };
    }
}
