using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Unkey.Engine.Memory;

/// <summary>Asks the kernel to back a range with huge pages. Best effort: a refusal costs speed, never correctness.</summary>
internal static unsafe partial class HugePages
{
    /// <summary><c>MADV_HUGEPAGE</c> of Linux.</summary>
    private const int MADV_HUGEPAGE = 14;

    private static bool s_unavailable = !OperatingSystem.IsLinux();

    /// <summary>Marks a range aligned to <see cref="NativeBlock.HugePageBytes"/> as worth huge pages. Any thread; never throws.</summary>
    public static void Advise(byte* pointer, nuint byteCount)
    {
        // ORDER: plain flag behind Volatile only to keep the compiler from caching it; losing the race costs one more failed call.
        if (Volatile.Read(ref s_unavailable))
        {
            return;
        }

        try
        {
            // EINVAL means a kernel without transparent huge pages: base pages then serve.
            _ = madvise(pointer, byteCount, MADV_HUGEPAGE);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            // A fully static binary that does not link this symbol directly has nothing to load it from.
            // ORDER: pairs with the read above; see there.
            Volatile.Write(ref s_unavailable, true);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int madvise(void* address, nuint byteCount, int advice);
}
