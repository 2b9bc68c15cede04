using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Unkey.Server.Transport.Interop;

/// <summary>Which cores threads may run on (Linux; elsewhere every core is allowed and nothing is pinned). Any thread.</summary>
/// <remarks>
/// A thread inherits the cores of the thread that starts it, and the runtime starts workers of its pool on the thread that has work for them. So a
/// pinned reactor that hands over a management call may start a worker on its own core; <see cref="ReleaseInherited"/> lets that one go.
/// </remarks>
internal static unsafe class CoreAffinity
{
    // Room for 8192 cores, the most that Linux is built for.
    private const int Words = 8192 / 64;
    private const int CallingThread = 0;

    private static ulong[]? s_ofProcess;

    [ThreadStatic]
    private static bool s_isReleased;

    /// <summary>Those of <paramref name="cores"/> that this process may not use; call it before anything is pinned.</summary>
    internal static List<int> Forbidden(IReadOnlyList<int> cores)
    {
        List<int> forbidden = [];
        if (Allowed() is { } mask)
        {
            foreach (int core in cores)
            {
                if ((mask[core / 64] & (1UL << (core % 64))) == 0)
                {
                    forbidden.Add(core);
                }
            }
        }

        return forbidden;
    }

    /// <summary>Keeps the calling thread on one core.</summary>
    /// <param name="core">One that is not <see cref="Forbidden"/>.</param>
    /// <returns>Why it could not be done, or <see langword="null"/>.</returns>
    internal static string? PinCurrentThread(int core)
    {
        ulong[] mask = new ulong[Words];
        mask[core / 64] = 1UL << (core % 64);
        return Set(mask) ? null : Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
    }

    /// <summary>Notes the cores of the process, so that <see cref="ReleaseInherited"/> can give them back. Before the first thread is pinned.</summary>
    internal static void BeginPinning() => s_ofProcess = Allowed();

    /// <summary>Gives the calling thread all cores of the process, once, if anything is pinned.</summary>
    internal static void ReleaseInherited()
    {
        if (s_ofProcess is { } mask && !s_isReleased)
        {
            s_isReleased = true;
            _ = Set(mask); // Refused or not, the thread does its work.
        }
    }

    private static ulong[]? Allowed()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        ulong[] mask = new ulong[Words];
        fixed (ulong* words = mask)
        {
            // SAFETY: the kernel writes at most the length it is given.
            return Linux.sched_getaffinity(CallingThread, Words * sizeof(ulong), words) >= 0 ? mask : null;
        }
    }

    private static bool Set(ulong[] mask)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        fixed (ulong* words = mask)
        {
            // SAFETY: the kernel reads exactly the length it is given.
            return Linux.sched_setaffinity(CallingThread, Words * sizeof(ulong), words) == 0;
        }
    }
}
