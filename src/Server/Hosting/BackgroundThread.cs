using System;
using System.Diagnostics;
using System.Threading;

namespace Unkey.Server.Hosting;

/// <summary>How threads that do long work behind the reactors leave them the core when there is none for everybody.</summary>
/// <remarks>
/// <para>A reactor that wakes up while such a thread runs often waits for the end of its time slice, some milliseconds, whatever the priorities are: they say how time is
/// divided, not who is first. So long work breathes: every twentieth of a millisecond it offers the core to whoever waits, which costs next to nothing when nobody does.</para>
/// <para>On a core that is never idle such politeness would end in nothing being done: events would fill their ring and be dropped. So a thread knows how long it was away,
/// and when that is a fiftieth of a second more than six times what it worked, it goes on without an offer: a seventh of the time stays for its work.</para>
/// </remarks>
internal static class BackgroundThread
{
    private const int StepsPerLook = 16;

    [ThreadStatic]
    private static Turn s_turn;

    /// <summary>How often the calling thread has offered its core.</summary>
    [field: ThreadStatic]
    public static long Offers { get; private set; }

    /// <summary>Makes the calling thread one that gives way.</summary>
    public static void Begin() => s_turn = new Turn(Stopwatch.GetTimestamp());

    /// <summary>Makes the calling thread, which is borrowed from a pool, one that gives way until the work is disposed of.</summary>
    public static Work BeginWork()
    {
        Begin();
        return default;
    }

    /// <summary>Offers the core to others, if the calling thread gives way and has had it for a while. To be called every few microseconds of long work.</summary>
    public static void Breathe()
    {
        ref Turn turn = ref s_turn;
        if (turn.IsBegun && turn.IsOver(Stopwatch.GetTimestamp()))
        {
            Thread.Yield();
            Offers++;
            turn.Next(Stopwatch.GetTimestamp());
        }
    }

    /// <summary>The same for work of many steps far below a microsecond: not every one asks for the time.</summary>
    /// <param name="step">Number of the step.</param>
    public static void Breathe(int step)
    {
        if (step % StepsPerLook == 0)
        {
            Breathe();
        }
    }

    /// <summary>Work of a thread that gives way only meanwhile.</summary>
    public readonly ref struct Work : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => s_turn = default;
    }
}
