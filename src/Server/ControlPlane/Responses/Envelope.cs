using System;
using System.Collections.Generic;
using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>Renders the two envelopes of the contract: success with <c>data</c>, refusal with <c>error</c>. Stateless, any thread.</summary>
internal static class Envelope
{
    /// <summary>Renders a success: <c>{"meta":{"requestId":…},"data":…[,"pagination":…]}</c> with status 200.</summary>
    /// <param name="requestId">Value of <c>meta.requestId</c>.</param>
    /// <param name="data">Writes the value of <c>data</c>; <see langword="null"/> for the one operation whose answer has no such member.</param>
    /// <param name="page">Value of <c>pagination</c> on list endpoints.</param>
    public static ColdResponse Success(string requestId, IResponseData? data, Page? page)
    {
        JsonBuffer buffer = JsonBuffer.Rent();
        try
        {
            Utf8JsonWriter writer = buffer.Writer;
            WriteStart(writer, requestId);
            if (data is not null)
            {
                writer.WritePropertyName("data"u8);
                data.WriteTo(writer);
            }

            if (page is not null)
            {
                writer.WriteStartObject("pagination"u8);
                writer.WriteBoolean("hasMore"u8, page.Cursor is not null);
                if (page.Cursor is { } cursor)
                {
                    writer.WriteString("cursor"u8, cursor);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            return new ColdResponse(200, ColdResponse.Json, buffer.ToArray());
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Renders a refusal.</summary>
    /// <param name="requestId">Value of <c>meta.requestId</c>.</param>
    /// <param name="accept">The request's Accept field, or <see langword="null"/>.</param>
    /// <param name="error">What to say.</param>
    public static ColdResponse Error(string requestId, string? accept, ApiError error)
    {
        JsonBuffer buffer = JsonBuffer.Rent();
        try
        {
            Utf8JsonWriter writer = buffer.Writer;
            WriteStart(writer, requestId);
            writer.WriteStartObject("error"u8);
            writer.WriteString("title"u8, error.Code.Title);
            writer.WriteString("detail"u8, error.Detail);
            writer.WriteNumber("status"u8, error.Code.Status);
            writer.WriteString("type"u8, ErrorCode.TypePrefix + error.Code.Suffix);
            if (error.Code.HasErrorList)
            {
                WriteItems(writer, error.Items);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
            string contentType = !error.IsPlainJson && AcceptsProblem(accept) ? ColdResponse.ProblemJson : ColdResponse.Json;
            return new ColdResponse(error.Code.Status, contentType, buffer.ToArray()) { ErrorCode = error.Code.Suffix };
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Whether Accept admits problem details. Quality values are ignored, as the contract says.</summary>
    /// <param name="accept">Value of the Accept field, or <see langword="null"/>.</param>
    public static bool AcceptsProblem(string? accept)
    {
        ReadOnlySpan<char> rest = accept;
        foreach (Range range in rest.Split(','))
        {
            ReadOnlySpan<char> mediaType = rest[range];
            int parameters = mediaType.IndexOf(';');
            mediaType = (parameters < 0 ? mediaType : mediaType[..parameters]).Trim();
            if (mediaType is "*/*" or "application/*" || mediaType.Equals(ColdResponse.ProblemJson, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static void WriteStart(Utf8JsonWriter writer, string requestId)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("meta"u8);
        writer.WriteString("requestId"u8, requestId);
        writer.WriteEndObject();
    }

    private static void WriteItems(Utf8JsonWriter writer, IReadOnlyList<SchemaViolation> items)
    {
        writer.WriteStartArray("errors"u8);
        foreach (SchemaViolation item in items)
        {
            writer.WriteStartObject();
            writer.WriteString("message"u8, item.Message);
            writer.WriteString("location"u8, item.Location);
            if (item.Fix is { } fix)
            {
                writer.WriteString("fix"u8, fix);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
