using System;
using System.Collections.Generic;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane;

/// <summary>The checks before authentication and the wording of their refusals. Stateless, any thread.</summary>
internal static class RequestChecks
{
    private const string InBody = "requestBody";
    private const string InSecurity = "security";

    /// <summary>Checks what does not need the body's content, in the order of the contract.</summary>
    /// <returns>The refusal, or <see langword="null"/>.</returns>
    public static ApiError? Check(ColdRequest request)
    {
        if (string.IsNullOrEmpty(request.Authorization))
        {
            const string Detail = "Authorization header for 'bearer' scheme";
            return Refused(Detail, new SchemaViolation(InSecurity, Detail, "Add an 'Authorization' header to this request"));
        }

        if (!IsJson(request.ContentType))
        {
            string detail = $"{request.Method} operation request content type '{Shown(request.ContentType)}' does not exist";
            return Refused(
                detail, new SchemaViolation(InBody, detail, "Use the supported content type for this operation: application/json"));
        }

        if (request.Body.IsEmpty)
        {
            string detail = $"{request.Method} request body is empty for '{request.Path}'";
            return Refused(detail, new SchemaViolation(InBody, detail, "Send a JSON body that satisfies the schema of the operation"));
        }

        return null;
    }

    /// <summary>The refusal of a body that is not JSON.</summary>
    /// <param name="request">The request.</param>
    /// <param name="problem">What is wrong with it.</param>
    public static ApiError NotJson(ColdRequest request, string problem) => Refused(
        SchemaDetail(request), new SchemaViolation(InBody, problem, "Send one valid JSON value in UTF-8 that satisfies the schema"));

    /// <summary>The refusal of a body that violates the schema or does not bind.</summary>
    /// <param name="request">The request.</param>
    /// <param name="violations">What is wrong; empty when it is the binding that failed.</param>
    public static ApiError NotValid(ColdRequest request, IReadOnlyList<SchemaViolation> violations) =>
        new(ErrorCode.InvalidInput, SchemaDetail(request), violations) { IsPlainJson = true };

    private static string SchemaDetail(ColdRequest request) =>
        $"{request.Method} request body for '{request.Path}' failed to validate schema";

    private static ApiError Refused(string detail, SchemaViolation item) =>
        new(ErrorCode.InvalidInput, detail, [item]) { IsPlainJson = true };

    private static bool IsJson(string? contentType)
    {
        ReadOnlySpan<char> mediaType = contentType;
        int parameters = mediaType.IndexOf(';');
        mediaType = (parameters < 0 ? mediaType : mediaType[..parameters]).Trim();
        return mediaType.Equals(ColdResponse.Json, StringComparison.OrdinalIgnoreCase);
    }

    // The one place that repeats a field of the client: cut to a length that no honest media type passes.
    private static string Shown(string? contentType)
    {
        const int CharsMax = 100;
        string text = contentType ?? "";
        return text.Length <= CharsMax ? text : text[..CharsMax];
    }
}
