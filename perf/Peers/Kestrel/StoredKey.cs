using System;
using System.Collections.Generic;
using System.Threading;

namespace Unkey.Peers.Kestrel;

/// <summary>One key: what it may do, and its token bucket (theoretical arrival time, compare-and-swap).</summary>
internal sealed class StoredKey(string id, string[] permissions, HashSet<string> permissionSet, long limit, long durationMs)
{
    private long _arrivalTicks;

    internal string Id => id;

    internal string LimitId { get; } = "rl_" + id[4..];

    internal string[] Permissions => permissions;

    internal HashSet<string> PermissionSet => permissionSet;

    internal long Limit => limit;

    internal long DurationMs => durationMs;

    internal bool TryTake(long nowTicks, out long remaining, out long resetMs)
    {
        long capacity = durationMs * TimeSpan.TicksPerMillisecond;
        long each = capacity / limit;
        while (true)
        {
            long seen = Volatile.Read(ref _arrivalTicks);
            long next = Math.Max(seen, nowTicks) + each;
            if (next - nowTicks > capacity)
            {
                remaining = 0;
                resetMs = (next - capacity - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
                return false;
            }

            if (Interlocked.CompareExchange(ref _arrivalTicks, next, seen) == seen)
            {
                remaining = (capacity - (next - nowTicks)) / each;
                resetMs = (next - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
                return true;
            }
        }
    }
}
