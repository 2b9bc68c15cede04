using System;
using System.Diagnostics;

namespace Unkey.Protocol;

/// <summary>Writes the body of a verifyKey answer, and is the one place where its wire spellings live. Any thread; the writers
/// never allocate, block or throw.</summary>
/// <remarks>
/// <para>Constant parts (<see cref="VerifyKeyFragments"/>) are encoded when a key changes and copied here. Order of the calls for
/// a found key, each part but the first and the last optional:
/// <see cref="WriteStart"/>, <see cref="WriteCredits"/>,
/// <see cref="BeginIdentity"/> · <see cref="WriteIdentityLimit"/> per limit · <see cref="EndIdentity"/>,
/// <see cref="WriteLimit"/> or <see cref="WriteAdHocLimit"/> per evaluated limit · <see cref="EndLimits"/>,
/// <see cref="WriteEnd"/>. For a key that is not found: <see cref="WriteNotFound"/> alone.</para>
/// Source: contract, verifyKey, section 3.
/// </remarks>
public static class VerifyKeyJson
{
    /// <summary>The wire name of an outcome.</summary>
    /// <param name="code">The outcome.</param>
    /// <returns>Capital letters and underscores.</returns>
    public static ReadOnlySpan<byte> WireName(VerifyKeyCode code) => code switch
    {
        VerifyKeyCode.Valid => "VALID"u8,
        VerifyKeyCode.NotFound => "NOT_FOUND"u8,
        VerifyKeyCode.Forbidden => "FORBIDDEN"u8,
        VerifyKeyCode.InsufficientPermissions => "INSUFFICIENT_PERMISSIONS"u8,
        VerifyKeyCode.UsageExceeded => "USAGE_EXCEEDED"u8,
        VerifyKeyCode.RateLimited => "RATE_LIMITED"u8,
        VerifyKeyCode.Disabled => "DISABLED"u8,
        VerifyKeyCode.Expired => "EXPIRED"u8,
        _ => throw new UnreachableException(),
    };

    /// <summary>Writes the whole body for a key that is not found.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="requestId">An id of our own, which needs no escaping.</param>
    [HotPath]
    public static void WriteNotFound(ref ResponseWriter writer, scoped ReadOnlySpan<byte> requestId)
    {
        writer.Write("{\"meta\":{\"requestId\":\""u8);
        writer.Write(requestId);
        writer.Write("\"},\"data\":{\"valid\":false,\"code\":\"NOT_FOUND\"}}"u8);
    }

    /// <summary>Begins the body for a key that is found.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="requestId">An id of our own, which needs no escaping.</param>
    /// <param name="code">The outcome.</param>
    /// <param name="keyFragment">What <see cref="VerifyKeyFragments.Key"/> made.</param>
    [HotPath]
    public static void WriteStart(
        ref ResponseWriter writer, scoped ReadOnlySpan<byte> requestId, VerifyKeyCode code, scoped ReadOnlySpan<byte> keyFragment)
    {
        writer.Write("{\"meta\":{\"requestId\":\""u8);
        writer.Write(requestId);
        if (code == VerifyKeyCode.Valid)
        {
            writer.Write("\"},\"data\":{\"valid\":true,\"code\":\"VALID\","u8);
        }
        else
        {
            writer.Write("\"},\"data\":{\"valid\":false,\"code\":\""u8);
            writer.Write(WireName(code));
            writer.Write("\","u8);
        }

        writer.Write(keyFragment);
    }

    /// <summary>Writes the credits that are left.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="credits">The balance; zero is written too.</param>
    [HotPath]
    public static void WriteCredits(ref ResponseWriter writer, long credits)
    {
        writer.Write(",\"credits\":"u8);
        writer.WriteInt64(credits);
    }

    /// <summary>Begins the identity of the key.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="identityFragment">What <see cref="VerifyKeyFragments.Identity"/> made.</param>
    [HotPath]
    public static void BeginIdentity(ref ResponseWriter writer, scoped ReadOnlySpan<byte> identityFragment)
    {
        writer.Write(",\"identity\":{"u8);
        writer.Write(identityFragment);
    }

    /// <summary>Writes the definition of one limit of the identity.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="limitFragment">What <see cref="VerifyKeyFragments.LimitDefinition"/> made.</param>
    /// <param name="isFirst">Whether it is the first one written into this identity.</param>
    [HotPath]
    public static void WriteIdentityLimit(ref ResponseWriter writer, scoped ReadOnlySpan<byte> limitFragment, bool isFirst)
    {
        writer.Write(isFirst ? ",\"ratelimits\":["u8 : ","u8);
        writer.Write(limitFragment);
    }

    /// <summary>Ends the identity.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="hasLimits">Whether <see cref="WriteIdentityLimit"/> was called.</param>
    [HotPath]
    public static void EndIdentity(ref ResponseWriter writer, bool hasLimits) => writer.Write(hasLimits ? "]}"u8 : "}"u8);

    /// <summary>Writes the state of one configured limit that was evaluated.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="limitPrefix">What <see cref="VerifyKeyFragments.EvaluatedLimit"/> made.</param>
    /// <param name="remaining">Tokens left.</param>
    /// <param name="resetUnixMs">When it resets, unix milliseconds.</param>
    /// <param name="exceeded">Whether this limit was exceeded.</param>
    /// <param name="isFirst">Whether it is the first evaluated limit of the answer.</param>
    [HotPath]
    public static void WriteLimit(
        ref ResponseWriter writer, scoped ReadOnlySpan<byte> limitPrefix, long remaining, long resetUnixMs, bool exceeded, bool isFirst)
    {
        writer.Write(isFirst ? ",\"ratelimits\":["u8 : ","u8);
        writer.Write(limitPrefix);
        WriteLimitState(ref writer, remaining, resetUnixMs, exceeded);
    }

    /// <summary>Writes the state of one limit that the request itself defined.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="name">Its name, valid UTF-8, not escaped.</param>
    /// <param name="limit">Tokens per duration.</param>
    /// <param name="durationMs">Duration in milliseconds.</param>
    /// <param name="remaining">Tokens left.</param>
    /// <param name="resetUnixMs">When it resets, unix milliseconds.</param>
    /// <param name="exceeded">Whether this limit was exceeded.</param>
    /// <param name="isFirst">Whether it is the first evaluated limit of the answer.</param>
    [HotPath]
    public static void WriteAdHocLimit(
        ref ResponseWriter writer,
        scoped ReadOnlySpan<byte> name,
        long limit,
        long durationMs,
        long remaining,
        long resetUnixMs,
        bool exceeded,
        bool isFirst)
    {
        writer.Write(isFirst ? ",\"ratelimits\":[{\"id\":\"\",\"name\":"u8 : ",{\"id\":\"\",\"name\":"u8);
        writer.WriteJsonString(name);
        writer.Write(",\"limit\":"u8);
        writer.WriteInt64(limit);
        writer.Write(",\"duration\":"u8);
        writer.WriteInt64(durationMs);
        writer.Write(",\"autoApply\":false,"u8);
        WriteLimitState(ref writer, remaining, resetUnixMs, exceeded);
    }

    /// <summary>Ends the evaluated limits. Only when there was at least one.</summary>
    /// <param name="writer">Where to write.</param>
    [HotPath]
    public static void EndLimits(ref ResponseWriter writer) => writer.WriteByte((byte)']');

    /// <summary>Ends the body.</summary>
    /// <param name="writer">Where to write.</param>
    [HotPath]
    public static void WriteEnd(ref ResponseWriter writer) => writer.Write("}}"u8);

    private static void WriteLimitState(ref ResponseWriter writer, long remaining, long resetUnixMs, bool exceeded)
    {
        writer.Write("\"remaining\":"u8);
        writer.WriteInt64(remaining);
        writer.Write(",\"reset\":"u8);
        writer.WriteInt64(resetUnixMs);
        writer.Write(exceeded ? ",\"exceeded\":true}"u8 : ",\"exceeded\":false}"u8);
    }
}
