using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace Unkey.Load;

/// <summary>What the kernel says a process has used: CPU time, context switches, memory. All zero when there is no process to look at.</summary>
internal readonly struct ProcessSample
{
    /// <summary>CPU time of all threads that are alive, in nanoseconds, from the scheduler's own accounting.</summary>
    internal long CpuNs { get; private init; }

    /// <summary>CPU time of the thread that used most since the earlier sample, in nanoseconds: of a server with one reactor, the reactor.</summary>
    internal long BusiestThreadNs { get; private init; }

    /// <summary>User and system time in clock ticks of 10 ms; the split is sampled by the kernel, the sum is not.</summary>
    internal long UserTicks { get; private init; }

    internal long SystemTicks { get; private init; }

    internal long VoluntarySwitches { get; private init; }

    internal long InvoluntarySwitches { get; private init; }

    internal long ResidentKiB { get; private init; }

    private Dictionary<string, long>? CpuByThread { get; init; }

    internal static ProcessSample Take(int pid)
    {
        if (pid <= 0)
        {
            return default;
        }

        string root = $"/proc/{pid.ToString(CultureInfo.InvariantCulture)}";
        Dictionary<string, long> cpu = [];
        long voluntary = 0;
        long involuntary = 0;
        foreach (string task in Directory.GetDirectories(root + "/task"))
        {
            try
            {
                string schedstat = File.ReadAllText(task + "/schedstat");
                cpu[task] = long.Parse(schedstat.AsSpan(0, schedstat.IndexOf(' ')), NumberStyles.None, CultureInfo.InvariantCulture);
                string status = File.ReadAllText(task + "/status");
                voluntary += Field(status, "\nvoluntary_ctxt_switches:");
                involuntary += Field(status, "\nnonvoluntary_ctxt_switches:");
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                // The thread ended between the listing and the reading.
            }
        }

        string stat = File.ReadAllText(root + "/stat");
        // The name in parentheses may contain blanks; fields 14 and 15 are counted from behind it.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessSample
        {
            CpuByThread = cpu,
            CpuNs = Used(cpu, null).Sum,
            UserTicks = long.Parse(fields[11], CultureInfo.InvariantCulture),
            SystemTicks = long.Parse(fields[12], CultureInfo.InvariantCulture),
            VoluntarySwitches = voluntary,
            InvoluntarySwitches = involuntary,
            ResidentKiB = Field(File.ReadAllText(root + "/status"), "\nVmRSS:"),
        };
    }

    /// <summary>The difference to an earlier sample; memory is the later value.</summary>
    internal ProcessSample Since(ProcessSample earlier)
    {
        (long cpu, long most) = Used(CpuByThread, earlier.CpuByThread);
        return new ProcessSample
        {
            CpuNs = cpu,
            BusiestThreadNs = most,
            UserTicks = UserTicks - earlier.UserTicks,
            SystemTicks = SystemTicks - earlier.SystemTicks,
            VoluntarySwitches = VoluntarySwitches - earlier.VoluntarySwitches,
            InvoluntarySwitches = InvoluntarySwitches - earlier.InvoluntarySwitches,
            ResidentKiB = ResidentKiB,
        };
    }

    // Thread by thread: one that has ended since counts for nothing, instead of taking its time from the others.
    private static (long Sum, long Most) Used(Dictionary<string, long>? now, Dictionary<string, long>? earlier)
    {
        long sum = 0;
        long most = 0;
        foreach ((string thread, long cpu) in now ?? [])
        {
            long used = cpu - (earlier?.GetValueOrDefault(thread) ?? 0);
            sum += used;
            most = Math.Max(most, used);
        }

        return (sum, most);
    }

    private static long Field(string status, string name)
    {
        int at = status.IndexOf(name, StringComparison.Ordinal);
        if (at < 0)
        {
            return 0;
        }

        ReadOnlySpan<char> rest = status.AsSpan(at + name.Length).TrimStart();
        int end = rest.IndexOfAnyExceptInRange('0', '9');
        return long.Parse(end < 0 ? rest : rest[..end], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
