using System;
using Unkey.Engine;
using Unkey.Protocol;

namespace Unkey.Server.Hot;

/// <summary>From the engine's words to the wire's for v1's verifyKey; shared by the reactor and the control plane. Any thread.</summary>
internal static class V1VerifyKeyBody
{
    /// <summary>Longest name of a limit that is repeated in a response field.</summary>
    internal const int TriggeredBytesMax = 255;

    /// <summary>The limit whose state the answer shows.</summary>
    private static ReadOnlySpan<byte> ShownLimit => "default"u8;

    /// <summary>An upper bound of the body, so that it is written in one go.</summary>
    [HotPath]
    internal static int BytesMax(VerifyResult result)
    {
        // Request id, code, credits, empty lists, the one limit, and brackets.
        const int Constant = 384;
        const int EscapedByteMax = 6; // \u00XX
        if (result.Record.IsNull)
        {
            return Constant;
        }

        int bytes = Constant + result.Record.Fragment.Length + result.Record.LegacyFragment.Length;
        return result.Identity.IsNull
            ? bytes
            : bytes + result.Identity.Fragment.Length + (result.Identity.ExternalId.Length * EscapedByteMax);
    }

    /// <summary>Writes the body of an outcome that has a code on the wire.</summary>
    /// <param name="writer">Where to write; has room for <see cref="BytesMax"/>.</param>
    /// <param name="requestId">Value of <c>requestId</c>.</param>
    /// <param name="outcome">Any but those that are errors.</param>
    /// <param name="input">What was asked; names of ad-hoc limits come from it.</param>
    /// <param name="result">What came of it.</param>
    [HotPath]
    internal static void Write(
        ref ResponseWriter writer, scoped ReadOnlySpan<byte> requestId, VerifyOutcome outcome, in VerifyInput input, VerifyResult result)
    {
        if (outcome == VerifyOutcome.NotFound)
        {
            V1VerifyKeyJson.WriteNotFound(ref writer, requestId);
            return;
        }

        V1VerifyKeyJson.WriteStart(
            ref writer,
            requestId,
            VerifyKeyBody.WireCode(outcome),
            result.Record.Fragment,
            result.Record.PermissionCount > 0,
            result.Record.HasRoles,
            result.Record.LegacyFragment);
        if (result.HasCredits)
        {
            V1VerifyKeyJson.WriteRemaining(ref writer, result.Credits);
        }

        if (!result.Identity.IsNull)
        {
            V1VerifyKeyJson.WriteIdentity(ref writer, result.Identity.Fragment, result.Identity.ExternalId);
        }

        ReadOnlySpan<EvaluatedLimit> limits = result.Limits;
        for (int i = 0; i < limits.Length; i++)
        {
            if (NameOf(in limits[i], in input).SequenceEqual(ShownLimit))
            {
                V1VerifyKeyJson.WriteRatelimit(ref writer, limits[i].Limit, limits[i].Remaining, limits[i].ResetMs);
                break;
            }
        }

        V1VerifyKeyJson.WriteEnd(ref writer);
    }

    /// <summary>The name of the first exceeded limit, when the key was rejected by one and the name can stand in a response field; else empty.</summary>
    /// <remarks>A name may be any text of a client. Only a short one of printable ASCII goes into the head of an answer.</remarks>
    [HotPath]
    internal static ReadOnlySpan<byte> TriggeredLimit(VerifyOutcome outcome, in VerifyInput input, VerifyResult result)
    {
        ReadOnlySpan<EvaluatedLimit> limits = outcome == VerifyOutcome.RateLimited ? result.Limits : default;
        for (int i = 0; i < limits.Length; i++)
        {
            if (limits[i].Exceeded)
            {
                ReadOnlySpan<byte> name = NameOf(in limits[i], in input);
                return name.Length <= TriggeredBytesMax && !name.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? name : default;
            }
        }

        return default;
    }

    [HotPath]
    private static ReadOnlySpan<byte> NameOf(in EvaluatedLimit limit, in VerifyInput input) =>
        limit.Configured.IsNull ? input.LimitName(limit.RequestIndex) : limit.Configured.Name;
}
