using System;
using Unkey.Protocol;

namespace Unkey.Server.Transport;

/// <summary>The time as one turn of a reactor sees it: read once per turn, so that every request of the turn agrees.</summary>
/// <remarks>One reactor thread. Windows and expiry use the wall clock, deadlines the monotonic one.</remarks>
internal sealed class ReactorClock(TimeProvider time)
{
    private readonly byte[] _date = new byte[HttpDate.ByteCount];
    private readonly long _ticksPerMs = time.TimestampFrequency / 1000;
    private long _dateSecond = -1;

    /// <summary>Unix milliseconds.</summary>
    internal long NowMs { get; private set; }

    /// <summary>The monotonic clock in its own ticks, for latencies.</summary>
    internal long Timestamp { get; private set; }

    /// <summary>Monotonic milliseconds; only differences mean anything.</summary>
    internal long MonotonicMs { get; private set; }

    /// <summary>The value of the <c>Date</c> field, 29 bytes (RFC 9110, 5.6.7).</summary>
    internal ReadOnlySpan<byte> Date => _date;

    /// <summary>Reads both clocks.</summary>
    [HotPath]
    internal void Update()
    {
        NowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        Timestamp = time.GetTimestamp();
        MonotonicMs = Timestamp / _ticksPerMs;
        long second = NowMs / 1000;
        if (second != _dateSecond)
        {
            _dateSecond = second;
            HttpDate.Write(NowMs, _date);
        }
    }
}
