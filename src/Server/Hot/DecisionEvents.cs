using System;
using System.Diagnostics;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Engine.Namespaces;
using Unkey.Protocol;

namespace Unkey.Server.Hot;

/// <summary>Publishes what was decided, on the thread that is the ring's producer. Shared by the reactors and the control plane; allocates nothing.</summary>
internal static class DecisionEvents
{
    private static readonly double s_nsPerTick = 1e9 / Stopwatch.Frequency;

    /// <summary>Publishes a verification, unless the key was not found: then there is nothing to count it for.</summary>
    /// <param name="ring">The ring.</param>
    /// <param name="engine">Where the names behind a record's indexes are.</param>
    /// <param name="request">The request, for its tags.</param>
    /// <param name="input">What was asked.</param>
    /// <param name="outcome">What it came to.</param>
    /// <param name="result">The found key.</param>
    /// <param name="requestId">Id of the request.</param>
    /// <param name="startTimestamp">When the request began, in ticks of <see cref="Stopwatch"/>.</param>
    [HotPath]
    internal static void Verified(
        EventRing ring,
        EngineState engine,
        in VerifyKeyRequest request,
        in VerifyInput input,
        VerifyOutcome outcome,
        VerifyResult result,
        ReadOnlySpan<byte> requestId,
        long startTimestamp)
    {
        if (outcome == VerifyOutcome.NotFound)
        {
            return;
        }

        // Member by member: an initializer would fill a copy first, and to copy views is dear.
        VerificationEvent verification = default;
        verification.Outcome = outcome;
        verification.TimeMs = input.NowMs;
        verification.LatencyNs = ElapsedNs(startTimestamp);
        verification.SpentCredits = result.SpentCredits;
        verification.RequestId = requestId;
        verification.KeyId = result.Record.KeyId;
        verification.TagCount = (byte)request.TagCount;
        if (engine.Workspaces.Find(result.Record.WorkspaceIndex) is { } workspace)
        {
            verification.WorkspaceId = workspace.IdUtf8;
        }

        if (engine.Apis.Find(result.Record.ApiIndex) is { } api)
        {
            verification.KeyspaceId = api.KeyspaceIdUtf8;
        }

        if (!result.Identity.IsNull)
        {
            verification.IdentityId = result.Identity.Id;
            verification.ExternalId = result.Identity.ExternalId;
        }

        int tagBytes = 0;
        for (int i = 0; i < request.TagCount; i++)
        {
            tagBytes += request.Tag(i).Length;
        }

        if (ring.TryReserve(verification.BytesMax(tagBytes), out EventWriter writer))
        {
            verification.WriteTo(ref writer);
            for (int i = 0; i < request.TagCount; i++)
            {
                writer.Text(request.Tag(i));
            }

            ring.Publish(in writer);
        }
    }

    /// <summary>Publishes each check of a rate-limit request.</summary>
    /// <param name="ring">The ring.</param>
    /// <param name="engine">Where the names behind a record's indexes are.</param>
    /// <param name="input">What was asked.</param>
    /// <param name="result">What came of it.</param>
    /// <param name="requestId">Id of the request.</param>
    /// <param name="startTimestamp">When the request began, in ticks of <see cref="Stopwatch"/>.</param>
    [HotPath]
    internal static void Decided(
        EventRing ring, EngineState engine, in RatelimitInput input, RatelimitResult result, ReadOnlySpan<byte> requestId, long startTimestamp)
    {
        RatelimitEvent decision = default;
        decision.TimeMs = input.NowMs;
        decision.RequestId = requestId;
        decision.LatencyNs = ElapsedNs(startTimestamp) / input.Checks.Length;
        if (engine.Workspaces.Find(input.Caller.ForWorkspaceIndex) is { } workspace)
        {
            decision.WorkspaceId = workspace.IdUtf8;
        }

        for (int i = 0; i < input.Checks.Length; i++)
        {
            ref readonly Engine.Limits.BucketTake take = ref result.Check(i);
            decision.Passed = take.Passed;
            decision.Limit = take.Limit;
            decision.Remaining = take.Remaining;
            decision.ResetMs = take.ResetMs;
            decision.Tokens = take.Cost;
            decision.NamespaceId = result.Namespace(i) is { } space ? space.IdUtf8 : default;
            decision.Identifier = input.Identifier(i);
            decision.OverrideId = result.Override(i) is LimitOverride applied ? applied.IdUtf8 : default;
            if (ring.TryReserve(decision.BytesMax(), out EventWriter writer))
            {
                decision.WriteTo(ref writer);
                ring.Publish(in writer);
            }
        }
    }

    /// <summary>Nanoseconds since a moment of <see cref="Stopwatch"/>.</summary>
    [HotPath]
    internal static long ElapsedNs(long startTimestamp) => (long)((Stopwatch.GetTimestamp() - startTimestamp) * s_nsPerTick);
}
