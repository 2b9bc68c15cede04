using System;
using System.Threading;

namespace Unkey.Server.Storage;

/// <summary>How long work that comes again and again pauses, so that it takes a bounded share of a core however much there is of it. Immutable.</summary>
/// <param name="Period">From the start of one turn to the start of the next, while turns are short; infinite for no turn by itself.</param>
/// <param name="PauseMin">The least pause.</param>
/// <param name="RestMax">The longest pause that a long turn leads to: how old things may become comes before what they cost.</param>
internal readonly record struct WorkPace(TimeSpan Period, TimeSpan PauseMin, TimeSpan RestMax)
{
    /// <summary>A turn that took long is followed by a pause of this many times its length: with 20, a twentieth of a core at most.</summary>
    public int Factor { get; init; } = 20;

    /// <summary>The pause after a turn.</summary>
    /// <param name="turn">How long it took, 0 or more.</param>
    public TimeSpan PauseAfter(TimeSpan turn)
    {
        if (Period == Timeout.InfiniteTimeSpan)
        {
            return Period;
        }

        TimeSpan rest = turn < RestMax / Factor ? turn * Factor : RestMax;
        TimeSpan left = Period - turn > rest ? Period - turn : rest;
        return left > PauseMin ? left : PauseMin;
    }
}
