using System;
using Unkey.Engine.Keys;
using Unkey.Engine.Limits;
using Unkey.Engine.Permissions;
using Unkey.Engine.Registries;

namespace Unkey.Engine;

/// <summary>
/// The fixed order of the checks of a verification, and nothing else: the first that fails decides, and later ones are skipped entirely.
/// Any thread that is online in the reclaimer; every thread brings its own <see cref="VerifyResult"/>. No allocation, no lock, no exception.
/// </summary>
/// <remarks>
/// Order: workspace, API and grant (not found) → query parses → workspace enabled → call counted → key enabled → API asked for → not expired →
/// address → query satisfied → rate limits, all or none → credits. Tokens taken stay taken when the credits do not suffice; nothing is taken by any other refusal.
/// Source: the HTTP contract, "Order of the checks".
/// </remarks>
public sealed class Verifier
{
    private readonly EngineState _state;

    /// <summary>Makes a verifier over the tables.</summary>
    /// <param name="state">The process's state; stays the caller's.</param>
    public Verifier(EngineState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _state = state;
    }

    /// <summary>Verifies a key, taking what it costs.</summary>
    /// <param name="input">The request; its caller is authenticated already.</param>
    /// <param name="result">The thread's own; overwritten.</param>
    /// <returns>The outcome. Besides the codes of the wire: a malformed query and an unknown limit, which are errors.</returns>
    [HotPath]
    public VerifyOutcome Verify(in VerifyInput input, VerifyResult result)
    {
        result.Reset();
        if (input.IsBroken
            || !TryFind(in input, out KeyRecord record)
            || record.IsRootKey
            || _state.Workspaces.Find(record.WorkspaceIndex) is not Workspace workspace
            || _state.Apis.Find(record.ApiIndex) is not { Deleted: false } api
            || !IsVisible(in input, record, workspace, api))
        {
            return VerifyOutcome.NotFound;
        }

        Prefetch(record);
        bool isPermitted = true;
        if (input.Permissions.Length > 0 && !result.Queries.TryEvaluate(input.Permissions, record, out isPermitted, out QueryError error))
        {
            result.QueryError = error;
            return VerifyOutcome.BadQuery;
        }

        result.Record = record;
        result.Identity = record.Identity;
        CreditCell credits = record.Credits;
        if (!credits.IsNull)
        {
            result.HasCredits = true;
            result.Credits = credits.Read();
        }

        if (!workspace.Enabled)
        {
            return VerifyOutcome.WorkspaceDisabled;
        }

        if (input.Access == VerifyAccess.Anonymous && workspace.ApiLimit is not null)
        {
            return VerifyOutcome.NotCounted;
        }

        if (!record.Enabled)
        {
            return VerifyOutcome.Disabled;
        }

        if (!input.ApiId.IsEmpty && !input.ApiId.SequenceEqual(api.IdUtf8))
        {
            return VerifyOutcome.Forbidden;
        }

        if (input.NowMs > record.ExpiresAtMs)
        {
            return VerifyOutcome.Expired;
        }

        if (!api.AllowsIp(input.CallerIp))
        {
            return VerifyOutcome.Forbidden;
        }

        if (!isPermitted)
        {
            return VerifyOutcome.InsufficientPermissions;
        }

        if (!TryCollectLimits(in input, result))
        {
            result.DropLimits();
            return VerifyOutcome.UnknownLimit;
        }

        if (!TryTakeTokens(result, input.NowMs))
        {
            return VerifyOutcome.RateLimited;
        }

        return TryTakeCredits(credits, input.Cost, result) ? VerifyOutcome.Valid : VerifyOutcome.UsageExceeded;
    }

    /// <summary>The last step of a lookup ahead of its turn: asks for what the verification changes, once the record has had time to arrive.</summary>
    /// <param name="ahead">From <see cref="KeyTable.Continue"/>, in the same read section.</param>
    [HotPath]
    public void Prefetch(in KeyLookAhead ahead)
    {
        if (ahead.Record != 0)
        {
            Prefetch(new KeyRecord(ahead.Record));
        }
    }

    private bool TryFind(in VerifyInput input, out KeyRecord record) => input.Tag != 0
        ? _state.Keys.TryFind(input.Key, input.Tag, out record)
        : _state.Keys.TryFind(input.Key, out record);

    private static bool IsVisible(in VerifyInput input, KeyRecord record, Workspace workspace, Api api) =>
        input.Access != VerifyAccess.ByCaller
        || (record.WorkspaceIndex == input.Caller.ForWorkspaceIndex && VerifyGrant.Allows(input.Caller, workspace, api, record.KeyId));

    /// <summary>Asks for the balance and for the buckets of the key's own limits, which the permission query leaves time to arrive.</summary>
    private void Prefetch(KeyRecord record)
    {
        const int LimitsMax = 4;
        record.Credits.Prefetch();
        int limits = Math.Min(record.LimitCount, LimitsMax);
        for (int i = 0; i < limits; i++)
        {
            _state.Buckets.Prefetch(record.Limit(i).BucketKey);
        }
    }

    /// <summary>Gathers the limits to check: the request's, then those that apply by themselves and are not among them.</summary>
    private bool TryCollectLimits(in VerifyInput input, VerifyResult result)
    {
        KeyRecord record = result.Record;
        IdentityRecord identity = result.Identity;
        int identityLimits = identity.IsNull ? 0 : identity.LimitCount;
        long appliedCost = input.AppliedCost ?? 1;
        if (input.Limits.Length > 0 && !TryCollectRequested(in input, result))
        {
            return false;
        }

        // BOUND: by the limits of one key and one identity.
        for (int i = 0; i < record.LimitCount; i++)
        {
            LimitView limit = record.Limit(i);
            if (limit.AutoApply && !IsRequested(in input, result, limit))
            {
                AddConfigured(result, limit, requestIndex: -1, appliedCost);
            }
        }

        for (int i = 0; i < identityLimits; i++)
        {
            LimitView limit = identity.Limit(i);
            if (limit.AutoApply && !IsRequested(in input, result, limit) && !result.IsShadowed(limit))
            {
                AddConfigured(result, limit, requestIndex: -1, appliedCost);
            }
        }

        return true;
    }

    private bool TryCollectRequested(in VerifyInput input, VerifyResult result)
    {
        LimitNameIndex names = result.Names;
        names.Build(in input);
        for (int i = 0; i < input.Limits.Length; i++)
        {
            ReadOnlySpan<byte> name = input.LimitName(i);
            ulong hash = names.HashOf(i);
            if (names.Find(in input, name, hash) != i)
            {
                // A later entry of this name counts instead.
                continue;
            }

            LimitRequest request = input.Limits[i];
            long cost = request.Cost < 0 ? 1 : request.Cost;
            if (request.IsAdHoc)
            {
                KeyRecord record = result.Record;
                UInt128 key = BucketKey.OfKeyLimit(_state.BucketHash, _state.Algorithm, record.KeyId, name, request.DurationMs);
                result.Add(default, i, request.Limit, request.DurationMs, cost, _state.Algorithm, key);
                continue;
            }

            LimitView configured = FindConfigured(result, name, hash);
            if (configured.IsNull)
            {
                result.UnknownLimitIndex = i;
                return false;
            }

            AddConfigured(result, configured, i, cost);
        }

        return true;
    }

    private bool TryTakeTokens(VerifyResult result, long nowMs)
    {
        Span<BucketTake> takes = result.Takes;
        bool passed = _state.Buckets.TakeAll(takes, nowMs);
        Span<EvaluatedLimit> limits = result.WritableLimits;
        for (int i = 0; i < limits.Length; i++)
        {
            ref EvaluatedLimit limit = ref limits[i];
            limit.Remaining = takes[i].Remaining;
            limit.ResetMs = takes[i].ResetMs;
            limit.Exceeded = !takes[i].Passed;
        }

        return passed;
    }

    private static bool TryTakeCredits(CreditCell credits, long requestedCost, VerifyResult result)
    {
        if (credits.IsNull)
        {
            return true;
        }

        long cost = requestedCost < 0 ? 1 : requestedCost;
        bool taken = credits.TryTake(cost, out long remaining);
        result.Credits = remaining;
        result.SpentCredits = taken ? cost : 0;
        return taken;
    }

    private static bool IsRequested(in VerifyInput input, VerifyResult result, LimitView limit) =>
        input.Limits.Length > 0 && result.Names.Find(in input, limit.Name, limit.NameHash) >= 0;

    /// <summary>A configured limit by name: the key's, which replaces the identity's of the same name completely.</summary>
    private static LimitView FindConfigured(VerifyResult result, ReadOnlySpan<byte> name, ulong hash)
    {
        KeyRecord record = result.Record;
        for (int i = 0; i < record.LimitCount; i++)
        {
            LimitView limit = record.Limit(i);
            if (limit.HasName(name, hash))
            {
                return limit;
            }
        }

        IdentityRecord identity = result.Identity;
        int identityLimits = identity.IsNull ? 0 : identity.LimitCount;
        for (int i = 0; i < identityLimits; i++)
        {
            LimitView limit = identity.Limit(i);
            if (limit.HasName(name, hash))
            {
                return limit;
            }
        }

        return default;
    }

    private void AddConfigured(VerifyResult result, LimitView limit, int requestIndex, long cost) =>
        result.Add(limit, requestIndex, limit.Limit, limit.DurationMs, cost, _state.Algorithm, limit.BucketKey);
}
