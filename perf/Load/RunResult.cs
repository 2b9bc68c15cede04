using System;
using HdrHistogram;

namespace Unkey.Load;

/// <summary>Everything one measured run yields.</summary>
internal sealed class RunResult
{
    internal required LoadOptions Options { get; init; }

    internal required LongHistogram Latency { get; init; }

    /// <summary>Open loop: how late the generator itself was, for requests that had a free connection.</summary>
    internal required LongHistogram Lateness { get; init; }

    /// <summary>Answers inside the window.</summary>
    internal required long Requests { get; init; }

    /// <summary>Open loop: requests that were due in the window and not answered when draining ended.</summary>
    internal required long Unanswered { get; init; }

    internal required long Disconnects { get; init; }

    /// <summary>Requests outstanding on connections that the server closed.</summary>
    internal required long Abandoned { get; init; }

    /// <summary>Answers between the two samples of the server process; CPU time is divided by this.</summary>
    internal required long Completed { get; init; }

    internal required long ResponseBytes { get; init; }

    internal required ProcessSample Server { get; init; }

    /// <summary>Bytes that the server's managed heap handed out between the samples; not a number when it cannot say.</summary>
    internal required AllocationCounter.Allocated Allocated { get; init; }

    internal required double WallSeconds { get; init; }

    /// <summary>Share of one core that the generator used, 0 to 1.</summary>
    internal required double LoadBusy { get; init; }

    internal double RequestsPerSecond => Requests / Options.Seconds;

    internal double CpuUs => Completed == 0 ? 0 : Server.CpuNs / 1e3 / Completed;

    internal double BusiestThreadUs => Completed == 0 ? 0 : Server.BusiestThreadNs / 1e3 / Completed;

    /// <summary>The exact sum, split in the proportion of the kernel's samples.</summary>
    internal double UserUs
    {
        get
        {
            long ticks = Server.UserTicks + Server.SystemTicks;
            return ticks == 0 ? 0 : CpuUs * Server.UserTicks / ticks;
        }
    }

    internal double AllocatedBytesPerRequest => Allocated.Total / Math.Max(1, Completed);

    internal double ReactorAllocatedBytesPerRequest => Allocated.Reactors / Math.Max(1, Completed);

    internal double ServerBusy => Server.CpuNs / 1e9 / WallSeconds;
}
