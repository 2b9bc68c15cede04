using System;
using System.Threading;

namespace Unkey.Server.Diagnostics;

/// <summary>Tells whether a counter has grown within a while, as far as those who ask have seen it. Any thread.</summary>
/// <param name="read">Reads the counter, which never goes down.</param>
/// <param name="window">How long growth counts as recent.</param>
/// <param name="time">The clock.</param>
internal sealed class RecentGrowth(Func<long> read, TimeSpan window, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long _last;
    private long? _grownAt;

    /// <summary>Whether it grew since it was last asked, or was seen to grow within the window. What it was before the first question counts as growth.</summary>
    public bool IsRecent()
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            long value = read();
            if (value > _last)
            {
                _last = value;
                _grownAt = now;
            }

            return _grownAt is { } at && time.GetElapsedTime(at, now) < window;
        }
    }
}
