using System;

namespace Unkey.Protocol;

/// <summary>Writes the body of a v1 verifyKey answer: the members of the result without an envelope. Any thread; never allocates, blocks or throws.</summary>
/// <remarks>
/// The constant parts are those of v2 (<see cref="VerifyKeyFragments"/>). Order of the calls for a found key, each part but the first and the last
/// optional: <see cref="WriteStart"/>, <see cref="WriteRemaining"/>, <see cref="WriteIdentity"/>, <see cref="WriteRatelimit"/>, <see cref="WriteEnd"/>.
/// For a key that is not found: <see cref="WriteNotFound"/> alone. Source: contract, v1, section 2.
/// </remarks>
public static class V1VerifyKeyJson
{
    /// <summary>Writes the whole body for a key that is not found.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="requestId">An id of our own, which needs no escaping.</param>
    [HotPath]
    public static void WriteNotFound(ref ResponseWriter writer, scoped ReadOnlySpan<byte> requestId)
    {
        writer.Write("{\"valid\":false,\"code\":\"NOT_FOUND\",\"requestId\":\""u8);
        writer.Write(requestId);
        writer.Write("\"}"u8);
    }

    /// <summary>Begins the body for a key that is found.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="requestId">An id of our own, which needs no escaping.</param>
    /// <param name="code">The outcome.</param>
    /// <param name="keyFragment">What <see cref="VerifyKeyFragments.Key"/> made.</param>
    /// <param name="hasPermissions">Whether the fragment lists permissions; v1 shows an empty list too.</param>
    /// <param name="hasRoles">Whether the fragment lists roles; v1 shows an empty list too.</param>
    /// <param name="legacyFragment">What <see cref="VerifyKeyFragments.Legacy"/> made.</param>
    [HotPath]
    public static void WriteStart(
        ref ResponseWriter writer,
        scoped ReadOnlySpan<byte> requestId,
        VerifyKeyCode code,
        scoped ReadOnlySpan<byte> keyFragment,
        bool hasPermissions,
        bool hasRoles,
        scoped ReadOnlySpan<byte> legacyFragment)
    {
        writer.Write(code == VerifyKeyCode.Valid ? "{\"valid\":true,\"code\":\""u8 : "{\"valid\":false,\"code\":\""u8);
        writer.Write(VerifyKeyJson.WireName(code));
        writer.Write("\",\"requestId\":\""u8);
        writer.Write(requestId);
        writer.Write("\","u8);
        writer.Write(keyFragment);
        writer.Write(hasPermissions ? default : ",\"permissions\":[]"u8);
        writer.Write(hasRoles ? default : ",\"roles\":[]"u8);
        writer.Write(legacyFragment);
    }

    /// <summary>Writes the credits that are left.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="remaining">The balance; zero is written too.</param>
    [HotPath]
    public static void WriteRemaining(ref ResponseWriter writer, long remaining)
    {
        writer.Write(",\"remaining\":"u8);
        writer.WriteInt64(remaining);
    }

    /// <summary>Writes the identity of the key, and its external id as the owner.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="identityFragment">What <see cref="VerifyKeyFragments.Identity"/> made.</param>
    /// <param name="externalId">The external id, not escaped.</param>
    [HotPath]
    public static void WriteIdentity(ref ResponseWriter writer, scoped ReadOnlySpan<byte> identityFragment, scoped ReadOnlySpan<byte> externalId)
    {
        writer.Write(",\"ownerId\":"u8);
        writer.WriteJsonString(externalId);
        writer.Write(",\"identity\":{"u8);
        writer.Write(identityFragment);

        // The fragment ends with meta, an object, or with a text; v1 always shows meta.
        writer.Write(identityFragment[^1] == (byte)'}' ? "}"u8 : ",\"meta\":{}}"u8);
    }

    /// <summary>Writes the state of the limit named <c>default</c>.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="limit">Tokens per duration.</param>
    /// <param name="remaining">Tokens left.</param>
    /// <param name="resetUnixMs">When it resets, unix milliseconds.</param>
    [HotPath]
    public static void WriteRatelimit(ref ResponseWriter writer, long limit, long remaining, long resetUnixMs)
    {
        writer.Write(",\"ratelimit\":{\"limit\":"u8);
        writer.WriteInt64(limit);
        writer.Write(",\"remaining\":"u8);
        writer.WriteInt64(remaining);
        writer.Write(",\"reset\":"u8);
        writer.WriteInt64(resetUnixMs);
        writer.WriteByte((byte)'}');
    }

    /// <summary>Ends the body.</summary>
    /// <param name="writer">Where to write.</param>
    [HotPath]
    public static void WriteEnd(ref ResponseWriter writer) => writer.WriteByte((byte)'}');
}
