using System;
using System.Runtime.InteropServices;

namespace Unkey.Perf;

/// <summary>CPU time used by the calling thread. Linux.</summary>
internal static partial class ThreadClock
{
    private const int CLOCK_THREAD_CPUTIME_ID = 3;

    internal static long Nanoseconds()
    {
        return clock_gettime(CLOCK_THREAD_CPUTIME_ID, out TimeSpec time) == 0
            ? (time.Seconds * 1_000_000_000) + time.Nanoseconds
            : throw new PlatformNotSupportedException();
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
