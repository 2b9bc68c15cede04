using System;

namespace Unkey.Protocol;

/// <summary>Writes the bodies of the answers of <c>ratelimit.limit</c> and <c>ratelimit.multiLimit</c>. Any thread; never allocates, blocks or throws.</summary>
/// <remarks>Source: contract, rate limiting, sections 3 and 4.</remarks>
public static class RatelimitJson
{
    /// <summary>Bytes of an answer besides the texts of the request, as an upper bound: envelope and, per check, numbers and names.</summary>
    public const int BytesPerCheckMax = 256;

    /// <summary>Writes the whole body of one decision.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="requestId">An id of our own, which needs no escaping.</param>
    /// <param name="success">Whether the tokens were taken.</param>
    /// <param name="limit">The limit applied.</param>
    /// <param name="remaining">Tokens left.</param>
    /// <param name="resetUnixMs">When it resets, unix milliseconds.</param>
    /// <param name="overrideId">Id of the override applied; empty when there is none.</param>
    [HotPath]
    public static void WriteOne(
        ref ResponseWriter writer,
        scoped ReadOnlySpan<byte> requestId,
        bool success,
        long limit,
        long remaining,
        long resetUnixMs,
        scoped ReadOnlySpan<byte> overrideId)
    {
        WriteStart(ref writer, requestId);
        writer.Write(success ? "{\"success\":true"u8 : "{\"success\":false"u8);
        WriteNumbers(ref writer, limit, remaining, resetUnixMs, overrideId);
        writer.WriteByte((byte)'}');
    }

    /// <summary>Writes the whole body of one decision as v1 has it: bare, and without the override.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="success">Whether the tokens were taken.</param>
    /// <param name="limit">The limit applied.</param>
    /// <param name="remaining">Tokens left.</param>
    /// <param name="resetUnixMs">When it resets, unix milliseconds.</param>
    [HotPath]
    public static void WriteV1(ref ResponseWriter writer, bool success, long limit, long remaining, long resetUnixMs)
    {
        writer.Write(success ? "{\"success\":true"u8 : "{\"success\":false"u8);
        WriteNumbers(ref writer, limit, remaining, resetUnixMs, default);
    }

    /// <summary>Begins the body of a batch.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="requestId">An id of our own, which needs no escaping.</param>
    /// <param name="passed">Whether every check passed.</param>
    [HotPath]
    public static void WriteBatchStart(ref ResponseWriter writer, scoped ReadOnlySpan<byte> requestId, bool passed)
    {
        WriteStart(ref writer, requestId);
        writer.Write(passed ? "{\"passed\":true,\"limits\":["u8 : "{\"passed\":false,\"limits\":["u8);
    }

    /// <summary>Writes one check of a batch.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="nameOrId">The namespace as it was sent, not escaped.</param>
    /// <param name="identifier">The identifier as it was sent, not escaped.</param>
    /// <param name="passed">Whether this check alone passed.</param>
    /// <param name="limit">The limit applied.</param>
    /// <param name="remaining">Tokens left.</param>
    /// <param name="resetUnixMs">When it resets, unix milliseconds.</param>
    /// <param name="overrideId">Id of the override applied; empty when there is none.</param>
    /// <param name="isFirst">Whether it is the first of the batch.</param>
    [HotPath]
    public static void WriteCheck(
        ref ResponseWriter writer,
        scoped ReadOnlySpan<byte> nameOrId,
        scoped ReadOnlySpan<byte> identifier,
        bool passed,
        long limit,
        long remaining,
        long resetUnixMs,
        scoped ReadOnlySpan<byte> overrideId,
        bool isFirst)
    {
        writer.Write(isFirst ? "{\"namespace\":"u8 : ",{\"namespace\":"u8);
        writer.WriteJsonString(nameOrId);
        writer.Write(",\"identifier\":"u8);
        writer.WriteJsonString(identifier);
        writer.Write(passed ? ",\"passed\":true"u8 : ",\"passed\":false"u8);
        WriteNumbers(ref writer, limit, remaining, resetUnixMs, overrideId);
    }

    /// <summary>Ends the body of a batch.</summary>
    /// <param name="writer">Where to write.</param>
    [HotPath]
    public static void WriteBatchEnd(ref ResponseWriter writer) => writer.Write("]}}"u8);

    private static void WriteStart(ref ResponseWriter writer, scoped ReadOnlySpan<byte> requestId)
    {
        writer.Write("{\"meta\":{\"requestId\":\""u8);
        writer.Write(requestId);
        writer.Write("\"},\"data\":"u8);
    }

    private static void WriteNumbers(ref ResponseWriter writer, long limit, long remaining, long resetUnixMs, scoped ReadOnlySpan<byte> overrideId)
    {
        writer.Write(",\"limit\":"u8);
        writer.WriteInt64(limit);
        writer.Write(",\"remaining\":"u8);
        writer.WriteInt64(remaining);
        writer.Write(",\"reset\":"u8);
        writer.WriteInt64(resetUnixMs);
        if (!overrideId.IsEmpty)
        {
            writer.Write(",\"overrideId\":\""u8);
            writer.Write(overrideId);
            writer.WriteByte((byte)'"');
        }

        writer.WriteByte((byte)'}');
    }
}
