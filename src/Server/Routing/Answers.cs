using System;
using System.Text;
using Unkey.Protocol;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Hot;
using Unkey.Server.Transport;

namespace Unkey.Server.Routing;

/// <summary>Writes the answers that need no engine: router refusals, parser refusals, liveness, and what the control plane made.</summary>
/// <remarks>One reactor thread. Nothing a client sent is ever written into a header field.</remarks>
internal sealed class Answers(ReactorClock clock, RequestIds ids)
{
    /// <summary>Room for the head of any answer and for every constant body below.</summary>
    private const int SmallAnswerBytes = 1024;

    private readonly JsonHead _head = new(clock);

    private static ReadOnlySpan<byte> PlainText => "text/plain; charset=utf-8"u8;

    /// <summary>A new request id as text, for requests that leave the reactor.</summary>
    internal string NextRequestId() => Encoding.ASCII.GetString(ids.Next());

    /// <summary>The interim answer to <c>Expect: 100-continue</c>.</summary>
    internal static void WriteContinue(ConnectionOutput output)
    {
        var writer = new ResponseWriter(output.GetSpan(SmallAnswerBytes));
        writer.Write(ResponseWriter.Continue100);
        output.Advance(writer.Written);
    }

    /// <summary>The answer of <c>GET /v2/liveness</c>.</summary>
    [HotPath]
    internal void WriteLiveness(ConnectionOutput output, ConnectionOption option, bool isHead)
    {
        var writer = new ResponseWriter(output.GetSpan(SmallAnswerBytes));
        _head.Write(ref writer, option);
        writer.Write("{\"meta\":{\"requestId\":\""u8);
        writer.Write(ids.Next());
        writer.Write("\"},\"data\":{\"message\":\"we're cooking\"}}"u8);
        writer.Complete(isHead);
        output.Advance(writer.Written);
    }

    /// <summary>404 of the router.</summary>
    internal void WriteNotFound(ConnectionOutput output, ConnectionOption option, bool isHead) =>
        WritePlain(output, 404, "404 page not found"u8, default, default, option, isHead);

    /// <summary>405 of the router, naming the methods that <paramref name="allow"/> lists.</summary>
    internal void WriteMethodNotAllowed(ConnectionOutput output, ReadOnlySpan<byte> allow, ConnectionOption option, bool isHead) =>
        WritePlain(output, 405, "Method Not Allowed"u8, "Allow"u8, allow, option, isHead);

    /// <summary>308 to the clean form of <paramref name="path"/>, which is one of the served paths.</summary>
    internal void WriteRedirect(ConnectionOutput output, ReadOnlySpan<byte> path, ConnectionOption option, bool isHead)
    {
        // The clean path equals a served one, so the field holds a constant of ours although it is built from the request.
        Span<byte> clean = stackalloc byte[RouteTable.PathBytesMax];
        RouteTable.TryClean(path, clean, out int length);
        WritePlain(output, 308, default, "Location"u8, clean[..length], option, isHead);
    }

    /// <summary>An answer without a body.</summary>
    internal void WriteEmpty(ConnectionOutput output, int status, ConnectionOption option) =>
        WritePlain(output, status, default, default, default, option, isHead: false);

    /// <summary>The contract's envelope for a request that the protocol itself refuses; the connection closes behind it.</summary>
    /// <returns>What was answered.</returns>
    internal ErrorCode WriteRejection(ConnectionOutput output, RejectReason reason)
    {
        int status = RejectReasons.StatusCode(reason);
        ErrorCode code = status switch
        {
            408 => ErrorCode.RequestTimeout,
            413 => ErrorCode.BodyTooLarge,
            _ => ErrorCode.InvalidInput with { Status = status },
        };
        WriteEnvelope(output, code, RejectReasons.Text(reason));
        return code;
    }

    /// <summary>503 for a connection above the limit; the connection closes behind it.</summary>
    internal void WriteOverLimit(ConnectionOutput output) =>
        WriteEnvelope(output, ErrorCode.Overloaded, "too many connections; try again later"u8);

    /// <summary>503 when the bodies that wait to be complete hold too much memory; the connection closes behind it.</summary>
    /// <returns>What was answered.</returns>
    internal ErrorCode WriteOverBudget(ConnectionOutput output)
    {
        WriteEnvelope(output, ErrorCode.Overloaded, "too many request bodies are under way; try again later"u8);
        return ErrorCode.Overloaded;
    }

    /// <summary>429 for a source of too many unknown root keys.</summary>
    internal void WriteThrottled(ConnectionOutput output, int retryAfterSeconds, ConnectionOption option) => WriteEnvelope(
        output,
        ErrorCode.AuthenticationThrottled,
        "too many requests with unknown root keys came from your address; check the Authorization header and try again later"u8,
        option,
        retryAfterSeconds);

    /// <summary>The answer of a cold request that began to be handled at <paramref name="startTimestamp"/>.</summary>
    internal void Write(ConnectionOutput output, ColdResponse response, ConnectionOption option, bool isHead, long startTimestamp)
    {
        Span<byte> text = stackalloc byte[128];
        var writer = new ResponseWriter(output.GetSpan(SmallAnswerBytes + response.Body.Length));
        writer.BeginHead(response.Status, text[..Encoding.ASCII.GetBytes(response.ContentType, text)], clock.DateOf(startTimestamp), option);
        foreach ((string name, string value) in response.Fields)
        {
            writer.WriteField(Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
        }

        writer.EndHead();
        writer.Write(response.Body.Span);

        // RFC: 9110 section 15.4.5. A 304 has no content, and says how long that of the 200 would be.
        writer.Complete(omitBody: isHead || response.Status == 304);
        output.Advance(writer.Written);
    }

    private void WritePlain(
        ConnectionOutput output, int status, ReadOnlySpan<byte> body, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, ConnectionOption option, bool isHead)
    {
        var writer = new ResponseWriter(output.GetSpan(SmallAnswerBytes));
        writer.BeginHead(status, body.IsEmpty ? default : PlainText, clock.DateOf(clock.Timestamp), option);
        writer.WriteField("X-Request-Id"u8, ids.Next()); // There is no envelope to carry it.
        if (!field.IsEmpty)
        {
            writer.WriteField(field, value);
        }

        writer.EndHead();
        writer.Write(body);
        writer.Complete(isHead);
        output.Advance(writer.Written);
    }

    private void WriteEnvelope(
        ConnectionOutput output, ErrorCode code, ReadOnlySpan<byte> detail, ConnectionOption option = ConnectionOption.Close, int retryAfterSeconds = 0)
    {
        Span<byte> text = stackalloc byte[128];
        var writer = new ResponseWriter(output.GetSpan(SmallAnswerBytes));
        writer.BeginHead(code.Status, ResponseWriter.ApplicationJson, clock.DateOf(clock.Timestamp), option);
        if (retryAfterSeconds > 0)
        {
            writer.WriteField("Retry-After"u8, text[..Encoding.ASCII.GetBytes(retryAfterSeconds.ToString(), text)]);
        }

        writer.EndHead();
        writer.Write("{\"meta\":{\"requestId\":\""u8);
        writer.Write(ids.Next());
        writer.Write("\"},\"error\":{\"title\":"u8);
        writer.WriteJsonString(text[..Encoding.ASCII.GetBytes(code.Title, text)]);
        writer.Write(",\"detail\":"u8);
        writer.WriteJsonString(detail);
        writer.Write(",\"status\":"u8);
        writer.WriteInt64(code.Status);
        writer.Write(",\"type\":\""u8);
        writer.Write(text[..Encoding.ASCII.GetBytes(ErrorCode.TypePrefix, text)]);
        writer.Write(text[..Encoding.ASCII.GetBytes(code.Suffix, text)]);
        writer.Write(code.HasErrorList ? "\",\"errors\":[]}}"u8 : "\"}}"u8);
        writer.Complete();
        output.Advance(writer.Written);
    }
}
