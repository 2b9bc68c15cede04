using System;
using System.Runtime.InteropServices;

namespace Unkey.Server.Hosting;

/// <summary>How the operating system prefers threads.</summary>
internal static partial class ThreadPriorities
{
    // Of a thread at 0, one at 10 gets about a tenth.
    private const int BackgroundNice = 10;
    private const int PriorityOfProcess = 0;

    /// <summary>Lets the calling thread run behind all others when there is no core for everybody: work that may come a little later.</summary>
    /// <remarks>Only on Linux, where a priority is a thread's and <see cref="System.Threading.Thread.Priority"/> does nothing.</remarks>
    public static void LowerCurrent()
    {
        if (OperatingSystem.IsLinux())
        {
            // Refused or not, the thread does its work.
            _ = setpriority(PriorityOfProcess, 0, BackgroundNice);
        }
    }

    [LibraryImport("libc")]
    private static partial int setpriority(int which, uint who, int priority);
}
