using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;

namespace Unkey.Server.ControlPlane;

/// <summary>API calls of one workspace in a sliding window of a minute. Any thread; a short lock, on the cold path only.</summary>
/// <remarks>The sliding window of the contract (file 04, section 2): two windows that are aligned to the epoch, the previous one weighted
/// by how much of it is still inside the last minute.</remarks>
internal sealed class ApiCallWindow
{
    private const long WindowMs = 60_000;

    private readonly Lock _lock = new();
    private long _window;
    private long _current;
    private long _previous;

    /// <summary>Counts a call, if it is admitted.</summary>
    /// <param name="limit">Calls a minute, 0 or more.</param>
    /// <param name="nowMs">Unix milliseconds; a small step back counts in the window that is open, a large one begins anew.</param>
    public Count Take(long limit, long nowMs)
    {
        lock (_lock)
        {
            long window = nowMs / WindowMs;
            if (window > _window || window < _window - 1)
            {
                _previous = window == _window + 1 ? _current : 0;
                _current = 0;
                _window = window;
            }

            double share = Math.Clamp((nowMs - (_window * WindowMs)) / (double)WindowMs, 0, 1);
            long effective = _current + (long)(_previous * (1 - share)) + 1;
            bool isAdmitted = effective <= limit;
            if (isAdmitted)
            {
                _current++;
            }

            long resetMs = Math.Max(0, ((_window + 1) * WindowMs) - nowMs);
            return new Count(limit, isAdmitted ? limit - effective : 0, (resetMs + 999) / 1_000, isAdmitted);
        }
    }

    /// <summary>What came of one call. Immutable value.</summary>
    /// <param name="Limit">Calls a minute.</param>
    /// <param name="Remaining">Calls that are left.</param>
    /// <param name="ResetSeconds">Whole seconds until the window ends.</param>
    /// <param name="IsAdmitted">Whether the call goes on.</param>
    public readonly record struct Count(long Limit, long Remaining, long ResetSeconds, bool IsAdmitted)
    {
        /// <summary>The response fields that tell a client of the limit.</summary>
        public IEnumerable<KeyValuePair<string, string>> Fields()
        {
            string reset = Text(ResetSeconds);
            yield return new("RateLimit-Limit", Text(Limit));
            yield return new("RateLimit-Remaining", Text(Remaining));
            yield return new("RateLimit-Reset", reset);
            if (!IsAdmitted)
            {
                yield return new("Retry-After", reset);
            }
        }

        private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
    }
}
