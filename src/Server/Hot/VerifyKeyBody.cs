using System;
using System.Diagnostics;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Protocol;

namespace Unkey.Server.Hot;

/// <summary>Between the wire's words and the engine's for verifyKey, in both directions; shared by the reactor and the control plane. Any thread.</summary>
internal static class VerifyKeyBody
{
    /// <summary>Turns the limits of a request into the engine's.</summary>
    /// <param name="limits">The limits as read.</param>
    /// <param name="scratch">Room for them; replaced by a larger one when it is too small.</param>
    [HotPath]
    internal static ReadOnlySpan<LimitRequest> ToEngine(ReadOnlySpan<VerifyKeyLimit> limits, ref LimitRequest[] scratch)
    {
        if (limits.Length > scratch.Length)
        {
            scratch = new LimitRequest[limits.Length]; // ALLOC: once for the longest list its owner ever sees.
        }

        for (int i = 0; i < limits.Length; i++)
        {
            ref readonly VerifyKeyLimit limit = ref limits[i];
            scratch[i] = new LimitRequest(
                limit.NameOffset, limit.NameLength, limit.Cost, limit.HasLimit ? limit.Limit : -1, limit.HasDuration ? limit.DurationMs : -1);
        }

        return scratch.AsSpan(0, limits.Length);
    }

    /// <summary>An upper bound of the body, so that it is written in one go.</summary>
    [HotPath]
    internal static int BytesMax(in VerifyInput input, VerifyResult result)
    {
        // Request id, code, credits and brackets; then per limit its numbers and punctuation.
        const int Constant = 256;
        const int PerLimit = 192;
        const int EscapedByteMax = 6; // \u00XX
        if (result.Record.IsNull)
        {
            return Constant;
        }

        int bytes = Constant + result.Record.Fragment.Length;
        if (!result.Identity.IsNull)
        {
            bytes += result.Identity.Fragment.Length;
            for (int i = 0; i < result.Identity.LimitCount; i++)
            {
                bytes += result.Identity.Limit(i).DefinitionFragment.Length + 1;
            }
        }

        ReadOnlySpan<EvaluatedLimit> limits = result.Limits;
        for (int i = 0; i < limits.Length; i++)
        {
            bytes += PerLimit + (limits[i].Configured.IsNull
                ? input.Limits[limits[i].RequestIndex].NameLength * EscapedByteMax
                : limits[i].Configured.IdFragment.Length);
        }

        return bytes;
    }

    /// <summary>Writes the body of an outcome that has a code on the wire.</summary>
    /// <param name="writer">Where to write; has room for <see cref="BytesMax"/>.</param>
    /// <param name="requestId">Value of <c>meta.requestId</c>.</param>
    /// <param name="outcome">Any but the two that are errors.</param>
    /// <param name="input">What was asked; names of ad-hoc limits come from it.</param>
    /// <param name="result">What came of it.</param>
    [HotPath]
    internal static void Write(
        ref ResponseWriter writer, scoped ReadOnlySpan<byte> requestId, VerifyOutcome outcome, in VerifyInput input, VerifyResult result)
    {
        if (outcome == VerifyOutcome.NotFound)
        {
            VerifyKeyJson.WriteNotFound(ref writer, requestId);
            return;
        }

        VerifyKeyJson.WriteStart(ref writer, requestId, WireCode(outcome), result.Record.Fragment);
        if (result.HasCredits)
        {
            VerifyKeyJson.WriteCredits(ref writer, result.Credits);
        }

        if (!result.Identity.IsNull)
        {
            WriteIdentity(ref writer, result);
        }

        WriteLimits(ref writer, in input, result);
        VerifyKeyJson.WriteEnd(ref writer);
    }

    private static void WriteIdentity(ref ResponseWriter writer, VerifyResult result)
    {
        IdentityRecord identity = result.Identity;
        VerifyKeyJson.BeginIdentity(ref writer, identity.Fragment);
        bool hasLimits = false;
        for (int i = 0; i < identity.LimitCount; i++)
        {
            LimitView limit = identity.Limit(i);
            if (!result.IsShadowed(limit))
            {
                VerifyKeyJson.WriteIdentityLimit(ref writer, limit.DefinitionFragment, isFirst: !hasLimits);
                hasLimits = true;
            }
        }

        VerifyKeyJson.EndIdentity(ref writer, hasLimits);
    }

    private static void WriteLimits(ref ResponseWriter writer, in VerifyInput input, VerifyResult result)
    {
        ReadOnlySpan<EvaluatedLimit> limits = result.Limits;
        for (int i = 0; i < limits.Length; i++)
        {
            ref readonly EvaluatedLimit limit = ref limits[i];
            if (limit.Configured.IsNull)
            {
                VerifyKeyJson.WriteAdHocLimit(
                    ref writer, input.LimitName(limit.RequestIndex), limit.Limit, limit.DurationMs, limit.Remaining, limit.ResetMs, limit.Exceeded, i == 0);
            }
            else
            {
                VerifyKeyJson.WriteLimit(ref writer, limit.Configured.IdFragment, limit.Remaining, limit.ResetMs, limit.Exceeded, i == 0);
            }
        }

        if (limits.Length > 0)
        {
            VerifyKeyJson.EndLimits(ref writer);
        }
    }

    /// <summary>The code of an outcome that is no error.</summary>
    internal static VerifyKeyCode WireCode(VerifyOutcome outcome) => outcome switch
    {
        VerifyOutcome.Valid => VerifyKeyCode.Valid,
        VerifyOutcome.NotFound => VerifyKeyCode.NotFound,
        VerifyOutcome.Forbidden or VerifyOutcome.WorkspaceDisabled => VerifyKeyCode.Forbidden,
        VerifyOutcome.InsufficientPermissions => VerifyKeyCode.InsufficientPermissions,
        VerifyOutcome.UsageExceeded => VerifyKeyCode.UsageExceeded,
        VerifyOutcome.RateLimited => VerifyKeyCode.RateLimited,
        VerifyOutcome.Disabled => VerifyKeyCode.Disabled,
        VerifyOutcome.Expired => VerifyKeyCode.Expired,
        _ => throw new UnreachableException("Errors have no code."),
    };
}
