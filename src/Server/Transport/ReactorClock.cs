using System;
using Unkey.Protocol;

namespace Unkey.Server.Transport;

/// <summary>The time as one turn of a reactor sees it: read once per turn, so that every request of the turn agrees.</summary>
/// <remarks>
/// One reactor thread. Deadlines use the monotonic clock. Decisions use the wall clock as long as it does not step back: after a step back time
/// goes on from where it was, at half the pace of the monotonic clock, until the wall clock has caught up. So no limit is refilled twice, nobody
/// is refused for the length of the step, and the difference ends by itself.
/// </remarks>
internal sealed class ReactorClock(TimeProvider time, bool serverTiming = false)
{
    private readonly byte[] _date = new byte[HttpDate.ByteCount];
    private readonly long _ticksPerMs = time.TimestampFrequency / 1000;
    private readonly ServerTiming? _timing = serverTiming ? new ServerTiming(time) : null;
    private long _dateSecond = -1;
    private long _slewedTicks;

    /// <summary>Unix milliseconds; never less than in an earlier turn.</summary>
    internal long NowMs { get; private set; }

    /// <summary>Minutes since 1970, by the wall clock.</summary>
    internal long Minute { get; private set; }

    /// <summary>The monotonic clock in its own ticks, for latencies.</summary>
    internal long Timestamp { get; private set; }

    /// <summary>Monotonic milliseconds; only differences mean anything.</summary>
    internal long MonotonicMs { get; private set; }

    /// <summary>The value of the <c>Date</c> field, 29 bytes (RFC 9110, 5.6.7).</summary>
    internal ReadOnlySpan<byte> Date => _date;

    /// <summary>The second of <see cref="Date"/>: what was made of the date counts as long as this stays the same.</summary>
    internal long DateSecond => _dateSecond;

    /// <summary>Whether answers carry Server-Timing, so that no two heads are alike.</summary>
    internal bool HasServerTiming => _timing is not null;

    /// <summary>The date as a head has it: <see cref="Date"/>, and behind it the field Server-Timing when answers carry one.</summary>
    /// <param name="startTimestamp">When the request began to be handled, in ticks of the monotonic clock.</param>
    /// <returns>Valid until the next call.</returns>
    [HotPath]
    internal ReadOnlySpan<byte> DateOf(long startTimestamp) => _timing is null ? _date : _timing.Behind(_date, startTimestamp);

    /// <summary>Reads both clocks.</summary>
    [HotPath]
    internal void Update()
    {
        long wallMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        long timestamp = time.GetTimestamp();
        AdvanceNow(wallMs, timestamp - Timestamp);
        Timestamp = timestamp;
        MonotonicMs = timestamp / _ticksPerMs;
        long second = wallMs / 1000;
        if (second != _dateSecond)
        {
            _dateSecond = second;
            Minute = second / 60;
            HttpDate.Write(wallMs, _date);
        }
    }

    [HotPath]
    private void AdvanceNow(long wallMs, long elapsedTicks)
    {
        if (wallMs >= NowMs)
        {
            NowMs = wallMs;
            _slewedTicks = 0;
            return;
        }

        // Turns are shorter than a millisecond, so what does not make a whole one is kept for the next turn.
        long ticksPerSlewedMs = 2 * _ticksPerMs;
        _slewedTicks += elapsedTicks;
        NowMs += _slewedTicks / ticksPerSlewedMs;
        _slewedTicks %= ticksPerSlewedMs;
    }
}
