using System;

namespace Unkey.Load;

/// <summary>The times at which open-loop requests are due: evenly spaced, or as a Poisson process of the same mean rate.</summary>
/// <param name="ratePerSecond">Requests a second; 0 means nothing is ever due.</param>
/// <param name="poisson">Whether gaps are exponentially distributed.</param>
/// <param name="startNs">The time of the first request.</param>
internal struct ArrivalSchedule(double ratePerSecond, bool poisson, long startNs)
{
    private readonly double _gapNs = 1e9 / ratePerSecond;
    private double _offsetNs;
    private ulong _random = 0x9E3779B97F4A7C15;

    /// <summary>When the next request is due, on the clock that <c>startNs</c> was read from.</summary>
    internal long NextNs { get; private set; } = ratePerSecond > 0 ? startNs : long.MaxValue;

    internal void Advance()
    {
        double gap = _gapNs;
        if (poisson)
        {
            _random ^= _random << 13;
            _random ^= _random >> 7;
            _random ^= _random << 17;
            gap *= -Math.Log(((_random >> 11) + 1) * (1.0 / (1UL << 53)));
        }

        _offsetNs += gap;
        NextNs = startNs + (long)_offsetNs;
    }
}
