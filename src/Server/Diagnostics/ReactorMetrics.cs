using System;
using System.Diagnostics;
using System.Threading;

namespace Unkey.Server.Diagnostics;

/// <summary>The counters of one reactor. Its thread writes them with plain increments; any thread reads them.</summary>
/// <remarks>No method allocates, blocks or throws. A reader sees each counter untorn and never sees one go down.</remarks>
public sealed class ReactorMetrics
{
    // 128 bytes before and behind the counters: neither another reactor's counters nor an object header share a line with them.
    private const int PadSlots = 16;

    private const int AcceptedSlot = PadSlots;
    private const int ClosedSlot = AcceptedSlot + 1;
    private const int RefusedSlot = AcceptedSlot + 2;
    private const int ReceivedSlot = AcceptedSlot + 3;
    private const int SentSlot = AcceptedSlot + 4;
    private const int AllocatedSlot = AcceptedSlot + 5;
    private const int TurnSlot = AcceptedSlot + 6;
    private const int FaultSlot = AcceptedSlot + 7;
    private const int HandshakeSlot = AcceptedSlot + 8;
    private const int RequestSlot = HandshakeSlot + HandshakeResults;

    /// <summary>How many <see cref="HandshakeResult"/> there are.</summary>
    internal const int HandshakeResults = (int)HandshakeResult.Displaced + 1;

    private static readonly double s_nanosecondsPerTick = 1_000_000_000.0 / Stopwatch.Frequency;

    // ORDER: none needed. One thread writes; others read counters that may be a little old, each untorn.
    private readonly long[] _slots;
    private readonly EndpointLabels _endpoints;

    internal ReactorMetrics(EndpointLabels endpoints)
    {
        _endpoints = endpoints;
        _slots = new long[RequestSlot + (endpoints.Names.Count * OutcomeLabels.Count) + PadSlots];
    }

    /// <summary>Durations of verifyKey requests.</summary>
    internal LatencyHistogram VerifyLatency { get; } = new();

    /// <summary>Durations of rate-limit requests.</summary>
    internal LatencyHistogram LimitLatency { get; } = new();

    /// <summary>Durations of all other requests.</summary>
    internal LatencyHistogram OtherLatency { get; } = new();

    internal long ConnectionsAccepted => Volatile.Read(ref _slots[AcceptedSlot]);

    internal long ConnectionsClosed => Volatile.Read(ref _slots[ClosedSlot]);

    internal long ConnectionsRefused => Volatile.Read(ref _slots[RefusedSlot]);

    internal long ReceivedBytes => Volatile.Read(ref _slots[ReceivedSlot]);

    internal long SentBytes => Volatile.Read(ref _slots[SentSlot]);

    internal long AllocatedBytes => Volatile.Read(ref _slots[AllocatedSlot]);

    internal long Turns => Volatile.Read(ref _slots[TurnSlot]);

    internal long Faults => Volatile.Read(ref _slots[FaultSlot]);

    /// <summary>The endpoint of an operation.</summary>
    /// <param name="path">The path without its query.</param>
    internal RequestEndpoint EndpointOf(string path) => _endpoints.Of(path);

    /// <summary>Counts a request that was answered or given up.</summary>
    /// <param name="endpoint">What it was for.</param>
    /// <param name="outcome">How it ended.</param>
    [HotPath]
    public void RequestCompleted(RequestEndpoint endpoint, RequestOutcome outcome) =>
        _slots[RequestSlot + (endpoint.Index * OutcomeLabels.Count) + (int)outcome]++;

    /// <summary>Records how long a request took, from its first byte parsed to its answer handed to the socket.</summary>
    /// <param name="endpoint">What it was for.</param>
    /// <param name="elapsedTicks">Difference of two <see cref="Stopwatch.GetTimestamp"/> values.</param>
    [HotPath]
    public void RecordLatency(RequestEndpoint endpoint, long elapsedTicks)
    {
        LatencyHistogram histogram = endpoint.IsVerification ? VerifyLatency : endpoint.IsLimit ? LimitLatency : OtherLatency;
        histogram.Record(s_nanosecondsPerTick == 1.0 ? elapsedTicks : (long)(elapsedTicks * s_nanosecondsPerTick));
    }

    /// <summary>Counts an accepted connection.</summary>
    [HotPath]
    public void ConnectionOpened() => _slots[AcceptedSlot]++;

    /// <summary>Counts a connection that is gone.</summary>
    [HotPath]
    public void ConnectionClosed() => _slots[ClosedSlot]++;

    /// <summary>Counts a connection that was turned away because a limit was reached. It counts as neither opened nor closed.</summary>
    [HotPath]
    public void ConnectionRefused() => _slots[RefusedSlot]++;

    /// <summary>Adds bytes read from sockets.</summary>
    /// <param name="count">Zero or more.</param>
    [HotPath]
    public void BytesReceived(long count) => _slots[ReceivedSlot] += count;

    /// <summary>Adds bytes taken by sockets.</summary>
    /// <param name="count">Zero or more.</param>
    [HotPath]
    public void BytesSent(long count) => _slots[SentSlot] += count;

    /// <summary>Counts one turn of the reactor's loop and, every 1024 turns, samples what its thread has allocated.</summary>
    [HotPath]
    public void TurnCompleted()
    {
        const long SampleMask = 1023;
        if ((++_slots[TurnSlot] & SampleMask) == 0)
        {
            SampleAllocations();
        }
    }

    /// <summary>Stores how many bytes the calling thread has allocated since it started. Call on the reactor's own thread.</summary>
    [HotPath]
    public void SampleAllocations() => _slots[AllocatedSlot] = GC.GetAllocatedBytesForCurrentThread();

    /// <summary>Counts an exception that escaped the step of one connection: always a bug, never something a client may cause.</summary>
    public void ConnectionFaulted() => _slots[FaultSlot]++;

    /// <summary>Counts a TLS handshake that is over.</summary>
    /// <param name="result">How it ended.</param>
    public void HandshakeEnded(HandshakeResult result) => _slots[HandshakeSlot + (int)result]++;

    /// <summary>TLS handshakes that ended one way.</summary>
    /// <param name="result">How they ended.</param>
    /// <returns>A count that only grows.</returns>
    internal long Handshakes(HandshakeResult result) => Volatile.Read(ref _slots[HandshakeSlot + (int)result]);

    /// <summary>Requests of one endpoint that ended one way.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="outcome">The outcome.</param>
    /// <returns>A count that only grows.</returns>
    internal long Requests(RequestEndpoint endpoint, RequestOutcome outcome) =>
        Volatile.Read(ref _slots[RequestSlot + (endpoint.Index * OutcomeLabels.Count) + (int)outcome]);
}
