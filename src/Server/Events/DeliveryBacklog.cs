using System;

namespace Unkey.Server.Events;

/// <summary>Tells a store that is too slow for what comes from one that catches up after it was away. One thread.</summary>
/// <param name="period">How far apart the sizes are that are compared.</param>
internal sealed class DeliveryBacklog(TimeSpan period)
{
    /// <summary>Fewer batches than this are no backlog.</summary>
    public const int BatchesMin = 30;

    private const int CaughtUpBatches = 3;

    private TimeSpan? _sampledAt;
    private int _sampled;

    /// <summary>Whether batches come faster than they are stored.</summary>
    public bool IsGrowing { get; private set; }

    /// <summary>Looks at the size of the backlog after a batch was stored.</summary>
    /// <param name="now">Time that only goes forward.</param>
    /// <param name="waiting">Batches that wait.</param>
    /// <returns>Whether <see cref="IsGrowing"/> has changed.</returns>
    public bool Note(TimeSpan now, int waiting)
    {
        if (IsGrowing)
        {
            IsGrowing = waiting > CaughtUpBatches;
            return !IsGrowing;
        }

        if (_sampledAt is { } before && now - before < period)
        {
            return false;
        }

        IsGrowing = _sampledAt is not null && waiting >= BatchesMin && waiting > _sampled;
        _sampledAt = now;
        _sampled = waiting;
        return IsGrowing;
    }
}
