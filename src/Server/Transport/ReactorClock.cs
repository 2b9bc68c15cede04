using System;
using Unkey.Protocol;

namespace Unkey.Server.Transport;

/// <summary>The time as one turn of a reactor sees it: read once per turn, so that every request of the turn agrees.</summary>
/// <remarks>
/// One reactor thread. Deadlines use the monotonic clock. Decisions use the wall clock as long as it does not step back: after a step back time
/// goes on from where it was at the monotonic clock's pace, so that no limit is refilled twice and nobody is refused for the length of the step.
/// </remarks>
internal sealed class ReactorClock(TimeProvider time)
{
    private readonly byte[] _date = new byte[HttpDate.ByteCount];
    private readonly long _ticksPerMs = time.TimestampFrequency / 1000;
    private long _dateSecond = -1;
    private long _wallAheadMs = long.MinValue;

    /// <summary>Unix milliseconds; never less than in an earlier turn.</summary>
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
        long wallMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        Timestamp = time.GetTimestamp();
        MonotonicMs = Timestamp / _ticksPerMs;
        _wallAheadMs = Math.Max(_wallAheadMs, wallMs - MonotonicMs);
        NowMs = MonotonicMs + _wallAheadMs;
        long second = wallMs / 1000;
        if (second != _dateSecond)
        {
            _dateSecond = second;
            HttpDate.Write(wallMs, _date);
        }
    }
}
