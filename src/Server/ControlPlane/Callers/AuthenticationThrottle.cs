using System;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Microsoft.Extensions.Logging;
using Unkey.Engine;

namespace Unkey.Server.ControlPlane.Callers;

/// <summary>Counts the unknown root keys that each source has sent in this minute, so that a flood of them is refused where it arrives.</summary>
/// <remarks>
/// A source is an IPv4 address or the /64 of an IPv6 address. A source over the limit is refused unknown root keys only: one that is known works as ever, so
/// nobody can lock out those who share an address with him. The table is of fixed size: two sources that meet in it take turns, which forgets counts and never adds any.
/// Any thread, no lock.
/// </remarks>
internal sealed class AuthenticationThrottle(int limit, ILogger logger)
{
    private const int SlotCount = 4096;
    private const long MinuteMs = 60_000;

    // A slot is one word: 24 bits of the source's hash, 20 bits of the minute, 20 bits of the count.
    private const int CountBits = 20;
    private const int MinuteBits = 20;
    private const ulong CountMask = (1UL << CountBits) - 1;
    private const ulong MinuteMask = (1UL << MinuteBits) - 1;

    // ORDER: each word stands for itself; a reader that sees an older one admits some more requests.
    private readonly ulong[] _slots = new ulong[SlotCount];
    private readonly KeyedHash _hash = KeyedHash.CreateRandom();
    private long _activeUntilMs; // ORDER: as above.
    private long _refused; // ORDER: a count.

    /// <summary>The largest limit that can be counted.</summary>
    internal const int LimitMax = 1_000_000;

    /// <summary>Requests that were refused. Grows only.</summary>
    internal long Refused => Volatile.Read(ref _refused);

    /// <summary>Whether any source may be over the limit: false nearly always, and then nothing else need be asked.</summary>
    /// <param name="nowMs">Unix milliseconds.</param>
    // ORDER: none needed. A reader that sees an older value admits some more requests.
    internal bool IsActive(long nowMs) => nowMs < Volatile.Read(ref _activeUntilMs);

    /// <summary>Counts an unknown root key.</summary>
    /// <param name="address">Where it came from.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    internal void Failed(string address, long nowMs)
    {
        if (limit == 0)
        {
            return;
        }

        ulong label = Label(Encoding.UTF8.GetBytes(address), nowMs, out int slot);
        ref ulong word = ref _slots[slot];
        // BOUND: a turn that fails means that another thread has counted.
        while (true)
        {
            ulong seen = Volatile.Read(ref word); // ORDER: as above; the exchange below decides.
            ulong count = (seen & ~CountMask) == label ? seen & CountMask : 0;
            ulong next = Math.Min(count + 1, CountMask);
            // ORDER: full fence. The word is all there is to agree on.
            if (Interlocked.CompareExchange(ref word, label | next, seen) != seen)
            {
                continue;
            }

            if (next == (ulong)limit)
            {
                Volatile.Write(ref _activeUntilMs, EndOfMinute(nowMs));

                // Behind a trusted proxy the text is whatever the client sent, which is not for the log.
                string shown = IPAddress.TryParse(address, out IPAddress? known) ? known.ToString() : address == "unix" ? "The Unix socket" : "An unreadable address";
                ControlPlaneLog.AuthenticationThrottled(logger, shown, limit);
            }

            return;
        }
    }

    /// <summary>Whether a source is over the limit, so that its unknown root keys are refused without more ado. Counts the refusal.</summary>
    /// <param name="address">UTF-8.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <param name="retryAfterSeconds">When it may try again, 1 to 60.</param>
    internal bool Refuses(ReadOnlySpan<byte> address, long nowMs, out int retryAfterSeconds)
    {
        retryAfterSeconds = (int)((EndOfMinute(nowMs) - nowMs + 999) / 1000);
        ulong label = Label(address, nowMs, out int slot);
        ulong seen = Volatile.Read(ref _slots[slot]);
        if (limit == 0 || (seen & ~CountMask) != label || (seen & CountMask) < (ulong)limit)
        {
            return false;
        }

        Interlocked.Increment(ref _refused);
        return true;
    }

    private static long EndOfMinute(long nowMs) => ((nowMs / MinuteMs) + 1) * MinuteMs;

    private ulong Label(ReadOnlySpan<byte> address, long nowMs, out int slot)
    {
        Span<byte> source = stackalloc byte[16];
        UInt128 hash = IPAddress.TryParse(address, out IPAddress? parsed) && parsed.TryWriteBytes(source, out int length)
            ? _hash.Hash(source[..(parsed.AddressFamily == AddressFamily.InterNetworkV6 && !parsed.IsIPv4MappedToIPv6 ? sizeof(ulong) : length)])
            : _hash.Hash(address);
        slot = (int)((ulong)(hash >> 64) % SlotCount);
        ulong minute = (ulong)(nowMs / MinuteMs) & MinuteMask;
        return ((ulong)hash << (CountBits + MinuteBits)) | (minute << CountBits);
    }
}
