using System;
using Unkey.Engine.Keys;
using Unkey.Engine.Limits;
using Unkey.Engine.Permissions;

namespace Unkey.Engine;

/// <summary>
/// What a verification found out besides its outcome. One per thread, reused for every request: <see cref="Verifier.Verify"/> overwrites all of it.
/// Views in it are valid until the thread's next quiescent point. Not thread-safe. Allocates only when a request brings more limits than any before.
/// </summary>
public sealed class VerifyResult
{
    private const int InitialLimits = 16;

    private EvaluatedLimit[] _limits = new EvaluatedLimit[InitialLimits];
    private BucketTake[] _takes = new BucketTake[InitialLimits];
    private int _limitCount;

    /// <summary>The key; null when the outcome is <see cref="VerifyOutcome.NotFound"/> or <see cref="VerifyOutcome.BadQuery"/>.</summary>
    public KeyRecord Record { get; internal set; }

    /// <summary>The key's identity as it was when this request read it; null when there is none.</summary>
    public IdentityRecord Identity { get; internal set; }

    /// <summary>Whether the key has a credit limit.</summary>
    public bool HasCredits { get; internal set; }

    /// <summary>The balance: after the take, untouched when it was refused, or as read when it was not reached. 0 or more.</summary>
    public long Credits { get; internal set; }

    /// <summary>Credits taken by this request.</summary>
    public long SpentCredits { get; internal set; }

    /// <summary>Why the query does not parse; only for <see cref="VerifyOutcome.BadQuery"/>.</summary>
    public QueryError QueryError { get; internal set; }

    /// <summary>Which requested limit is not configured, as an index into the request; -1 except for <see cref="VerifyOutcome.UnknownLimit"/>.</summary>
    public int UnknownLimitIndex { get; internal set; }

    /// <summary>The limits that were checked: first those of the request, then those that apply by themselves. Empty when the step was not reached.</summary>
    public ReadOnlySpan<EvaluatedLimit> Limits => _limits.AsSpan(0, _limitCount);

    /// <summary>Scratch to tell apart the names of one request.</summary>
    internal LimitNameIndex Names { get; } = new();

    /// <summary>The thread's parsed queries; they outlive the result.</summary>
    internal PermissionQueryCache Queries { get; } = new();

    internal Span<BucketTake> Takes => _takes.AsSpan(0, _limitCount);

    internal Span<EvaluatedLimit> WritableLimits => _limits.AsSpan(0, _limitCount);

    /// <summary>
    /// Whether a limit of the identity is hidden by a limit of the key with the same name. Any such limit is left out of the answer's identity.
    /// </summary>
    /// <param name="identityLimit">A limit of <see cref="Identity"/>.</param>
    /// <returns>True when the key has a limit of this name.</returns>
    [HotPath]
    public bool IsShadowed(LimitView identityLimit)
    {
        // BOUND: by the limits of one key.
        for (int i = 0; i < Record.LimitCount; i++)
        {
            if (Record.Limit(i).HasName(identityLimit.Name, identityLimit.NameHash))
            {
                return true;
            }
        }

        return false;
    }

    internal void Reset()
    {
        Record = default;
        Identity = default;
        HasCredits = false;
        Credits = 0;
        SpentCredits = 0;
        QueryError = default;
        UnknownLimitIndex = -1;
        _limitCount = 0;
    }

    internal void DropLimits() => _limitCount = 0;

    internal void Add(LimitView configured, int requestIndex, long limit, long durationMs, long cost, LimitAlgorithm algorithm, UInt128 bucketKey)
    {
        if (_limitCount == _limits.Length)
        {
            // ALLOC: once for the longest list a thread ever sees.
            Array.Resize(ref _limits, _limitCount * 2);
            Array.Resize(ref _takes, _limitCount * 2);
        }

        _limits[_limitCount] = new EvaluatedLimit
        {
            Configured = configured,
            RequestIndex = requestIndex,
            Limit = limit,
            DurationMs = durationMs,
            Cost = cost,
        };
        _takes[_limitCount] = new BucketTake { Key = bucketKey, Algorithm = algorithm, Limit = limit, DurationMs = durationMs, Cost = cost };
        _limitCount++;
    }
}
