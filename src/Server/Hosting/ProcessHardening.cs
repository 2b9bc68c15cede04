using System;
using System.Runtime.InteropServices;

namespace Unkey.Server.Hosting;

/// <summary>Settings of the process that are made once, before any thread, socket or secret exists. Linux; does nothing elsewhere.</summary>
internal static partial class ProcessHardening
{
    // Native spelling: asm-generic/resource.h, linux/prctl.h.
    private const int RLIMIT_CORE = 4;
    private const int RLIMIT_NOFILE = 7;
    private const int PR_SET_DUMPABLE = 4;

    // Octal 077: no permission for group and others. mode_t is 32 bits on Linux and 16 on macOS; both take an int register.
    private const uint OthersOff = 0x3F;

    /// <summary>Whether this is the binary without dynamic libraries. Written into it by the publish.</summary>
    public static bool IsStatic => AppContext.TryGetSwitch("Unkey.IsStatic", out bool isStatic) && isStatic;

    /// <summary>Keeps keys out of core files: no dumps, and no other process of the same user may read this one's memory.</summary>
    /// <returns>What failed, or <see langword="null"/>.</returns>
    public static string? DisableCoreDumps()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Limit none = default;
        if (setrlimit(RLIMIT_CORE, in none) != 0)
        {
            return $"setrlimit failed with error {Marshal.GetLastPInvokeError()}";
        }

        return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ? $"prctl failed with error {Marshal.GetLastPInvokeError()}" : null;
    }

    /// <summary>Makes every file that the process creates readable by its own user only, including those that SQLite makes.</summary>
    public static void RestrictNewFiles()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = umask(OthersOff);
        }
    }

    /// <summary>Raises the number of open files to what the system allows: every connection is one.</summary>
    /// <returns>The limit in force afterwards; <see cref="long.MaxValue"/> where it is not known.</returns>
    public static long RaiseDescriptorLimit()
    {
        if (!OperatingSystem.IsLinux() || getrlimit(RLIMIT_NOFILE, out Limit limit) != 0)
        {
            return long.MaxValue;
        }

        if (limit.Current < limit.Maximum)
        {
            Limit raised = limit with { Current = limit.Maximum };
            if (setrlimit(RLIMIT_NOFILE, in raised) == 0)
            {
                limit = raised;
            }
        }

        return limit.Current > long.MaxValue ? long.MaxValue : (long)limit.Current;
    }

    /// <summary>Holds name resolution to the modules that a static libc contains.</summary>
    /// <remarks>In a static binary any other module of /etc/nsswitch.conf would be loaded from the machine's own libc, which
    /// ends the process when its version differs. A dynamic build does without: there the modules match.</remarks>
    public static void ConfigureStaticNameResolution()
    {
        if (IsStatic)
        {
            _ = __nss_configure_lookup("hosts", "files dns");
            _ = __nss_configure_lookup("passwd", "files");
            _ = __nss_configure_lookup("group", "files");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, out Limit limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, in Limit limit);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    // glibc only, and called in the static build only, which is linked with glibc.
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int __nss_configure_lookup(string database, string services);

    // struct rlimit of 64-bit Linux: two unsigned longs; RLIM_INFINITY is all ones.
    [StructLayout(LayoutKind.Sequential)]
    private record struct Limit(ulong Current, ulong Maximum);
}
