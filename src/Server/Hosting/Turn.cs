using System;
using System.Diagnostics;

namespace Unkey.Server.Hosting;

/// <summary>When work in the background offers its core to others, and when it no longer can afford to. A value of one thread; times are of <see cref="Stopwatch.GetTimestamp"/>.</summary>
internal struct Turn
{
    /// <summary>How long work goes on before it makes an offer.</summary>
    public static readonly long Length = Stopwatch.Frequency / 20_000;

    /// <summary>An absence up to this is not made up for.</summary>
    public static readonly long AbsenceFree = Stopwatch.Frequency / 50;

    /// <summary>How much longer than its work an absence may be in the long run.</summary>
    public const int AbsencePerWork = 6;

    private long _since;
    private long _absence;

    /// <summary>Begins.</summary>
    /// <param name="now">The time.</param>
    public Turn(long now) => _since = now;

    /// <summary>Whether there is work; not so in a default value.</summary>
    public readonly bool IsBegun => _since != 0;

    /// <summary>Whether the turn is over and the core is to be offered. What passed since the last offer counts as work, also when the work waited.</summary>
    /// <param name="now">The time.</param>
    public bool IsOver(long now)
    {
        long worked = now - _since;
        if (worked <= Length)
        {
            return false;
        }

        _absence = Math.Max(0, _absence - (worked * AbsencePerWork));
        _since = now;
        return _absence <= AbsenceFree;
    }

    /// <summary>Begins the next turn, after an offer.</summary>
    /// <param name="now">The time.</param>
    public void Next(long now)
    {
        _absence += now - _since;
        _since = now;
    }
}
