using System;
using System.Diagnostics;
using System.Text;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Protocol;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Renders the outcome of a verification into a buffer of its own; the hot path renders into the connection's. Any thread.</summary>
internal static class VerifyKeyAnswer
{
    private const int FirstBytes = 4_096;

    /// <summary>Renders the answer.</summary>
    /// <param name="requestId">Value of <c>meta.requestId</c>.</param>
    /// <param name="outcome">An outcome that has a code on the wire.</param>
    /// <param name="result">What the verification found.</param>
    /// <param name="request">The request; names of ad-hoc limits come from it.</param>
    public static ColdResponse Write(string requestId, VerifyOutcome outcome, VerifyResult result, in VerifyKeyRequest request)
    {
        byte[] id = Encoding.ASCII.GetBytes(requestId);

        // BOUND: doubles until the answer fits; its size is bounded by the record and the request.
        for (int size = FirstBytes; ; size *= 2)
        {
            byte[] buffer = new byte[size];
            ResponseWriter writer = new(buffer);
            WriteBody(ref writer, id, outcome, result, in request);
            if (!writer.Overflowed)
            {
                return new ColdResponse(200, ColdResponse.Json, buffer.AsMemory(0, writer.Written));
            }
        }
    }

    private static void WriteBody(
        ref ResponseWriter writer, ReadOnlySpan<byte> requestId, VerifyOutcome outcome, VerifyResult result, in VerifyKeyRequest request)
    {
        if (outcome == VerifyOutcome.NotFound)
        {
            VerifyKeyJson.WriteNotFound(ref writer, requestId);
            return;
        }

        VerifyKeyJson.WriteStart(ref writer, requestId, Code(outcome), result.Record.Fragment);
        if (result.HasCredits)
        {
            VerifyKeyJson.WriteCredits(ref writer, result.Credits);
        }

        if (!result.Identity.IsNull)
        {
            WriteIdentity(ref writer, result);
        }

        for (int i = 0; i < result.Limits.Length; i++)
        {
            EvaluatedLimit limit = result.Limits[i];
            if (limit.Configured.IsNull)
            {
                ReadOnlySpan<byte> name = request.LimitName(limit.RequestIndex);
                VerifyKeyJson.WriteAdHocLimit(
                    ref writer, name, limit.Limit, limit.DurationMs, limit.Remaining, limit.ResetMs, limit.Exceeded, isFirst: i == 0);
            }
            else
            {
                VerifyKeyJson.WriteLimit(
                    ref writer, limit.Configured.IdFragment, limit.Remaining, limit.ResetMs, limit.Exceeded, isFirst: i == 0);
            }
        }

        if (result.Limits.Length > 0)
        {
            VerifyKeyJson.EndLimits(ref writer);
        }

        VerifyKeyJson.WriteEnd(ref writer);
    }

    private static void WriteIdentity(ref ResponseWriter writer, VerifyResult result)
    {
        VerifyKeyJson.BeginIdentity(ref writer, result.Identity.Fragment);
        bool hasLimits = false;
        for (int i = 0; i < result.Identity.LimitCount; i++)
        {
            LimitView limit = result.Identity.Limit(i);
            if (!result.IsShadowed(limit))
            {
                VerifyKeyJson.WriteIdentityLimit(ref writer, limit.DefinitionFragment, isFirst: !hasLimits);
                hasLimits = true;
            }
        }

        VerifyKeyJson.EndIdentity(ref writer, hasLimits);
    }

    private static VerifyKeyCode Code(VerifyOutcome outcome) => outcome switch
    {
        VerifyOutcome.Valid => VerifyKeyCode.Valid,
        VerifyOutcome.NotFound => VerifyKeyCode.NotFound,
        VerifyOutcome.Forbidden => VerifyKeyCode.Forbidden,
        VerifyOutcome.InsufficientPermissions => VerifyKeyCode.InsufficientPermissions,
        VerifyOutcome.UsageExceeded => VerifyKeyCode.UsageExceeded,
        VerifyOutcome.RateLimited => VerifyKeyCode.RateLimited,
        VerifyOutcome.Disabled => VerifyKeyCode.Disabled,
        VerifyOutcome.Expired => VerifyKeyCode.Expired,
        VerifyOutcome.BadQuery or VerifyOutcome.UnknownLimit => throw new UnreachableException("Errors have no code."),
        _ => throw new UnreachableException(),
    };
}
