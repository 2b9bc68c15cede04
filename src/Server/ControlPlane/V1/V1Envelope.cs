using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Hot;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>Renders the answers of v1: a bare result, or <c>{"error":{…}}</c>, and the request id in a response field. Stateless, any thread.</summary>
internal static class V1Envelope
{
    private const string DocsPrefix = "https://unkey.dev/docs/api-reference/errors/code/";

    private static readonly string s_requestIdField = Encoding.ASCII.GetString(V1Fields.RequestId);

    /// <summary>Renders a success with status 200; without data it is <c>{}</c>.</summary>
    public static ColdResponse Success(ColdRequest request, IResponseData? data) =>
        Render(request, 200, (data ?? EmptyData.Instance).WriteTo);

    /// <summary>Completes an answer that an operation has rendered itself.</summary>
    public static ColdResponse Whole(ColdRequest request, ColdResponse rendered) =>
        rendered with { Fields = [.. rendered.Fields, new KeyValuePair<string, string>(s_requestIdField, request.RequestId)] };

    /// <summary>Renders a refusal.</summary>
    public static ColdResponse Error(ColdRequest request, ApiError error)
    {
        V1ErrorCode code = V1ErrorCode.Of(error.Code);
        ColdResponse response = Render(request, code.Status, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("error"u8);
            writer.WriteString("code"u8, code.Name);
            writer.WriteString("docs"u8, DocsPrefix + code.Name);
            writer.WriteString("message"u8, error.Detail);
            writer.WriteString("requestId"u8, request.RequestId);
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
        return response with { ErrorCode = code.Name };
    }

    /// <summary>404 for a path of v1 that this server does not serve.</summary>
    public static ColdResponse NotServed(ColdRequest request) => Error(
        request, new ApiError(ErrorCode.ApiNotFound, "this path of the v1 API is not served here; use its successor in v2 if there is one"));

    /// <summary>405 for a path of v1 that takes other methods.</summary>
    /// <param name="request">The request.</param>
    /// <param name="allowed">The methods it takes.</param>
    public static ColdResponse MethodNotAllowed(ColdRequest request, string allowed) =>
        Error(request, new ApiError(V1ErrorCode.MethodNotAllowed, $"method not allowed; use {allowed}"));

    private static ColdResponse Render(ColdRequest request, int status, Action<Utf8JsonWriter> write)
    {
        JsonBuffer buffer = JsonBuffer.Rent();
        try
        {
            write(buffer.Writer);
            return Whole(request, new ColdResponse(status, ColdResponse.Json, buffer.ToArray()));
        }
        finally
        {
            buffer.Return();
        }
    }
}
