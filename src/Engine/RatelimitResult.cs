using System;
using Unkey.Engine.Limits;
using Unkey.Engine.Namespaces;

namespace Unkey.Engine;

/// <summary>What came of the checks of one request. One per thread, reused: <see cref="RatelimitDecider.Decide"/> overwrites all of it. Not thread-safe.</summary>
public sealed class RatelimitResult
{
    /// <summary>Most checks in one request.</summary>
    public const int ChecksMax = 100;

    private readonly BucketTake[] _takes = new BucketTake[ChecksMax];
    private readonly RatelimitNamespace?[] _namespaces = new RatelimitNamespace?[ChecksMax];
    private readonly LimitOverride?[] _overrides = new LimitOverride?[ChecksMax];

    /// <summary>Whether every check passed, so that the tokens were taken.</summary>
    public bool Passed { get; internal set; }

    /// <summary>The check at which a request that was not decided stopped; -1 otherwise.</summary>
    public int StoppedAt { get; internal set; }

    /// <summary>A decided check: its effective limit and duration, tokens left, reset, and whether it passed by itself.</summary>
    /// <param name="index">Index into the request.</param>
    public ref readonly BucketTake Check(int index) => ref _takes[index];

    /// <summary>The override that was applied to a check; null when its own numbers counted.</summary>
    /// <param name="index">Index into the request.</param>
    public LimitOverride? Override(int index) => _overrides[index];

    /// <summary>The namespace of a check.</summary>
    /// <param name="index">Index into the request.</param>
    public RatelimitNamespace? Namespace(int index) => _namespaces[index];

    internal Span<BucketTake> Takes(int count) => _takes.AsSpan(0, count);

    internal void Reset()
    {
        Passed = false;
        StoppedAt = -1;
    }

    internal void Set(int index, RatelimitNamespace space, LimitOverride? applied, in BucketTake take)
    {
        _namespaces[index] = space;
        _overrides[index] = applied;
        _takes[index] = take;
    }
}
