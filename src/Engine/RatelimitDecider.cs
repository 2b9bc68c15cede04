using System;
using Unkey.Engine.Keys;
using Unkey.Engine.Limits;
using Unkey.Engine.Namespaces;
using Unkey.Engine.Permissions;

namespace Unkey.Engine;

/// <summary>
/// Decides <c>ratelimit.limit</c> and <c>ratelimit.multiLimit</c>: finds the namespaces, applies overrides, asks the caller's grants, and takes
/// all tokens or none. Any thread that is online in the reclaimer; every thread brings its own <see cref="RatelimitResult"/>. No allocation,
/// no lock, no exception.
/// </summary>
/// <remarks>Source: the HTTP contract, rate limiting, sections 2 to 5. The order of the refusals differs between one check (410 before 403)
/// and a batch (403 before 410).</remarks>
public sealed class RatelimitDecider
{
    private readonly EngineState _state;

    /// <summary>Makes a decider over the tables.</summary>
    /// <param name="state">The process's state; stays the caller's.</param>
    public RatelimitDecider(EngineState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _state = state;
    }

    /// <summary>Decides a request.</summary>
    /// <param name="input">The request; its caller is authenticated already. At most <see cref="RatelimitResult.ChecksMax"/> checks.</param>
    /// <param name="isBatch">Whether it is a multiLimit request.</param>
    /// <param name="result">The thread's own; overwritten.</param>
    [HotPath]
    public RatelimitOutcome Decide(in RatelimitInput input, bool isBatch, RatelimitResult result)
    {
        result.Reset();
        for (int i = 0; i < input.Checks.Length; i++)
        {
            if (!TryPrepare(in input, i, result))
            {
                result.StoppedAt = i;
                return RatelimitOutcome.UnknownNamespace;
            }
        }

        RatelimitOutcome refusal = isBatch
            ? FirstOf(FindForbidden(in input, result), FindDeleted(input.Checks.Length, result))
            : FirstOf(FindDeleted(input.Checks.Length, result), FindForbidden(in input, result));
        if (refusal != RatelimitOutcome.Decided)
        {
            return refusal;
        }

        result.Passed = _state.Buckets.TakeAll(result.Takes(input.Checks.Length), input.NowMs);
        return RatelimitOutcome.Decided;
    }

    private static RatelimitOutcome FirstOf(RatelimitOutcome first, RatelimitOutcome second) =>
        first != RatelimitOutcome.Decided ? first : second;

    private bool TryPrepare(in RatelimitInput input, int index, RatelimitResult result)
    {
        int workspace = input.Caller.ForWorkspaceIndex;
        if (_state.Namespaces.Find(workspace, input.Namespace(index)) is not { } space)
        {
            return false;
        }

        ReadOnlySpan<byte> identifier = input.Identifier(index);
        ref readonly RatelimitRequest check = ref input.Checks[index];
        LimitOverride? applied = space.Overrides.Find(identifier);
        long limit = applied?.Limit ?? check.Limit;
        long durationMs = applied?.DurationMs ?? check.DurationMs;
        var take = new BucketTake
        {
            Key = BucketKey.OfNamespaceLimit(_state.BucketHash, space.Algorithm, space.IdUtf8, identifier, durationMs),
            Algorithm = space.Algorithm,
            Limit = limit,
            DurationMs = durationMs,
            Cost = check.Cost,
        };
        result.Set(index, space, applied, in take);
        return true;
    }

    private static RatelimitOutcome FindDeleted(int count, RatelimitResult result)
    {
        for (int i = 0; i < count; i++)
        {
            if (result.Namespace(i)!.Deleted)
            {
                result.StoppedAt = i;
                return RatelimitOutcome.DeletedNamespace;
            }
        }

        return RatelimitOutcome.Decided;
    }

    private static RatelimitOutcome FindForbidden(in RatelimitInput input, RatelimitResult result)
    {
        KeyRecord caller = input.Caller;
        if (caller.LimitsEveryNamespace || (input.HonorsBareWildcard && caller.HasPermission(LimitGrant.BareWildcard)))
        {
            return RatelimitOutcome.Decided;
        }

        for (int i = 0; i < input.Checks.Length; i++)
        {
            if (!LimitGrant.Allows(caller, result.Namespace(i)!))
            {
                result.StoppedAt = i;
                return RatelimitOutcome.NotPermitted;
            }
        }

        return RatelimitOutcome.Decided;
    }
}
