using System;
using System.Runtime.CompilerServices;
using Unkey.Protocol;
using Unkey.Server.Diagnostics;
using Unkey.Server.Hot;
using Unkey.Server.Transport.Tls;

namespace Unkey.Server.Transport;

/// <summary>One client connection: its buffers, where it is in a request, and the caller it last proved to be.</summary>
/// <remarks>
/// Touched by its reactor's thread only. It knows no sockets: the reactor puts received bytes into <see cref="Input"/>
/// and takes answers from <see cref="Output"/>, so the same code runs over epoll, over managed sockets and in memory.
/// </remarks>
internal sealed class Connection
{
    private AddressBytes _peerAddress;
    private int _peerAddressLength;

    internal Connection(BufferPool pool)
    {
        Input = new ConnectionInput(pool);
        Output = new ConnectionOutput(pool);
        Outgoing = Output;
    }

    /// <summary>Index in the reactor's table; with <see cref="Generation"/> it names this connection and no later one.</summary>
    internal int Slot { get; init; }

    /// <summary>Distinguishes connections that used the same slot one after the other.</summary>
    internal uint Generation { get; init; }

    /// <summary>The transport's own handle: a file descriptor for epoll, unused elsewhere.</summary>
    internal int Descriptor { get; init; } = -1;

    /// <summary>The transport's own state object: the socket for the portable reactor, null elsewhere.</summary>
    internal object? TransportState { get; set; }

    /// <summary>What epoll was last told about this connection.</summary>
    internal uint Interest { get; set; }

    /// <summary>True for connections of the admin listener, which serves other routes.</summary>
    internal bool IsAdmin { get; init; }

    /// <summary>True for connections over a Unix socket, which have no address and speak no TLS.</summary>
    internal bool IsUnix { get; init; }

    /// <summary>True when the peer is a trusted proxy, whose <c>X-Forwarded-For</c> is believed.</summary>
    internal bool PeerIsTrustedProxy { get; set; }

    internal ConnectionInput Input { get; }

    internal ConnectionOutput Output { get; }

    /// <summary>What goes to the socket next: <see cref="Output"/>, or what TLS has made of it.</summary>
    internal ConnectionOutput Outgoing { get; private set; }

    /// <summary>The TLS between the socket and the requests; null where there is none.</summary>
    internal TlsSession? Tls { get; private set; }

    internal ConnectionPhase Phase { get; set; }

    /// <summary>Set when a phase begins: its deadline is to start.</summary>
    internal bool PhaseChanged { get; set; } = true;

    /// <summary>When a client that takes no bytes is given up, in monotonic milliseconds; 0 while nothing is unsent.</summary>
    internal long WriteDeadlineMs { get; set; }

    /// <summary>What the shared <see cref="BodyBudget"/> counts for this connection.</summary>
    internal long BudgetedBytes { get; set; }

    /// <summary>Added to the body's time-out, in milliseconds: for the announced length, or for what has come of a chunked body.</summary>
    internal long BodyExtraMs { get; set; }

    /// <summary>When the deadline of the current phase began, in monotonic milliseconds.</summary>
    internal long PhaseStartMs { get; set; }

    /// <summary>True when it was accepted above the connection limit and is only told so.</summary>
    internal bool IsOverLimit { get; init; }

    /// <summary>How far the incomplete head was scanned.</summary>
    internal HeadScan Scan;

    /// <summary>Progress of an incomplete chunked body.</summary>
    internal ChunkedBody? Chunked { get; set; }

    /// <summary>Input bytes needed before the current request can be handled; 0 while its head is not known.</summary>
    internal int RequestBytesNeeded { get; set; }

    /// <summary>True once this request was told to go on sending (100-continue).</summary>
    internal bool ContinueSent { get; set; }

    /// <summary>What the cold request under way is for, as the metrics name it.</summary>
    internal RequestEndpoint ColdEndpoint { get; set; }

    /// <summary>What the cold answer under way says of the connection.</summary>
    internal ConnectionOption ColdOption { get; set; }

    /// <summary>Whether the cold request under way was HEAD: its answer carries no body.</summary>
    internal bool ColdIsHead { get; set; }

    /// <summary>When the request under way began to be handled, in Stopwatch ticks; for the latency histogram.</summary>
    internal long RequestStartTimestamp { get; set; }

    /// <summary>Verifications of this turn whose latency is recorded once their answers are sent.</summary>
    internal int VerifyAnswers { get; set; }

    /// <summary>Rate-limit decisions of this turn whose latency is recorded once their answers are sent.</summary>
    internal int LimitAnswers { get; set; }

    /// <summary>Position of <see cref="DurabilityGate"/> that must be on the disk before anything is sent; 0 when nothing must.</summary>
    internal long HeldTo { get; set; }

    /// <summary>When the answers that are held were decided, in Stopwatch ticks; 0 when none are.</summary>
    internal long HeldSince { get; set; }

    /// <summary>True once the sending side was shut down.</summary>
    internal bool WriteShut { get; set; }

    /// <summary>Bytes thrown away since the last answer; bounds how long a refused sender is listened to.</summary>
    internal long DiscardedBytes { get; set; }

    /// <summary>The key of the next request, when its lookup was begun ahead of its turn.</summary>
    internal KeyAhead KeyAhead;

    /// <summary>What a receive ahead of its turn gave, as <see cref="Reactor.Receive"/> says it; meaningful while <see cref="IsReceivedAhead"/>.</summary>
    internal int ReceivedAhead { get; set; }

    /// <summary>Whether this turn's receive has been made.</summary>
    internal bool IsReceivedAhead { get; set; }

    /// <summary>The caller proved by the last Authorization field.</summary>
    internal CallerCache Caller;

    /// <summary>The peer's address in text, as IP allow-lists compare it; <c>unix</c> over a Unix socket.</summary>
    internal ReadOnlySpan<byte> PeerAddress => ((ReadOnlySpan<byte>)_peerAddress)[.._peerAddressLength];

    /// <summary>Sets <see cref="PeerAddress"/>; longer than any address is cut.</summary>
    internal void SetPeerAddress(ReadOnlySpan<byte> text)
    {
        _peerAddressLength = Math.Min(text.Length, AddressBytes.Length);
        text[.._peerAddressLength].CopyTo(_peerAddress);
    }

    /// <summary>Puts TLS between the socket and the requests. Before anything was received or written.</summary>
    internal void Secure(TlsSession tls)
    {
        Tls = tls;
        Outgoing = tls.Wire;
    }

    /// <summary>Takes it away again, from a client that did not begin any.</summary>
    internal void Unsecure()
    {
        Tls = null;
        Outgoing = Output;
    }

    /// <summary>Returns every block to the pool.</summary>
    internal void Release()
    {
        Input.Complete();
        Output.Complete();
        Chunked?.Bytes.Clear();
        Chunked = null;
        Caller = default;
        Phase = ConnectionPhase.Closed;
    }

    // The longest text of an IPv6 address with an embedded IPv4 address is 45 bytes.
    [InlineArray(Length)]
    private struct AddressBytes
    {
        internal const int Length = 46;
#pragma warning disable IDE0044, IDE0051 // The element of an inline array is accessed through the span only.
        private byte _element;
#pragma warning restore IDE0044, IDE0051
    }
}
