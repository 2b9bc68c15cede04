using Unkey.Engine.Keys;

namespace Unkey.Engine;

/// <summary>One limit that a verification checked, and what came of it. Valid as long as the result it is read from.</summary>
public struct EvaluatedLimit
{
    /// <summary>The configured limit; null (<see cref="LimitView.IsNull"/>) for an ad-hoc one.</summary>
    public LimitView Configured { get; internal set; }

    /// <summary>Index of the entry of the request that asked for it (an ad-hoc limit's name is there); -1 for one that applied by itself.</summary>
    public int RequestIndex { get; internal set; }

    /// <summary>Tokens a duration, as configured or requested.</summary>
    public long Limit { get; internal set; }

    /// <summary>Milliseconds, as configured or requested.</summary>
    public long DurationMs { get; internal set; }

    /// <summary>Tokens asked for.</summary>
    public long Cost { get; internal set; }

    /// <summary>Tokens left after this request; 0 when exceeded; as though this request had not happened when another limit was exceeded.</summary>
    public long Remaining { get; internal set; }

    /// <summary>Unix milliseconds in (now, now + duration]; see <see cref="Limits.BucketTake.ResetMs"/>.</summary>
    public long ResetMs { get; internal set; }

    /// <summary>Whether this limit by itself failed.</summary>
    public bool Exceeded { get; internal set; }

    /// <summary>The configured flag; false for an ad-hoc limit.</summary>
    public readonly bool AutoApply => !Configured.IsNull && Configured.AutoApply;
}
