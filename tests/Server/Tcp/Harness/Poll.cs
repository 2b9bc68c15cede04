using System;
using System.Diagnostics;
using System.Threading;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>Waits for a condition with a deadline; the only way these tests wait for anything that time alone brings.</summary>
internal static class Poll
{
    /// <summary>The usual deadline: far beyond what a healthy server needs, so that a loaded machine does not fail a test.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Asks again and again until the condition holds.</summary>
    /// <param name="condition">What must come true; called on this thread.</param>
    /// <param name="what">Named in the failure.</param>
    /// <param name="deadline">How long to go on; <see cref="Deadline"/> when not given.</param>
    public static void Until(Func<bool> condition, string what, TimeSpan? deadline = null)
    {
        TimeSpan limit = deadline ?? Deadline;
        long start = Stopwatch.GetTimestamp();
        using ManualResetEventSlim pause = new();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > limit)
            {
                throw new TimeoutException($"Not within {limit.TotalSeconds:0.#} s: {what}");
            }

            pause.Wait(10);
        }
    }
}
