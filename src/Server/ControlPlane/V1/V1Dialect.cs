using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>How v1 speaks: reads by GET with a query, a token with or without <c>Bearer</c>, bare results, its own error codes. Stateless, any thread.</summary>
internal sealed class V1Dialect : ApiDialect
{
    private const string Scheme = "Bearer ";

    /// <summary>The refusal of input that violates a schema: v1 tells the first problem only.</summary>
    /// <param name="violations">What is wrong; empty when an integer is written as a fraction or does not fit.</param>
    public static ApiError Invalid(IReadOnlyList<SchemaViolation> violations)
    {
        if (violations.Count == 0)
        {
            return new ApiError(ErrorCode.InvalidInput, "body: an integer must be written without fraction and exponent, and fit 64 bits");
        }

        SchemaViolation first = violations[0];
        return new ApiError(
            ErrorCode.InvalidInput, $"{(first.Path.Length == 0 ? "body" : first.Path)}: {(first.IsMissing ? "is required" : first.Message)}");
    }

    /// <summary>The refusal of a body that is not JSON.</summary>
    public static ApiError Malformed(string problem) => new(ErrorCode.InvalidInput, $"body: {problem}");

    /// <inheritdoc/>
    public override ApiError? Check(ColdRequest request) => null;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> BodyOf(Operation operation, ColdRequest request) =>
        operation.Method == "GET" ? V1Query.ToJson(request.Query, operation.Body) : request.Body;

    /// <inheritdoc/>
    public override ApiError NotJson(ColdRequest request, string problem) => Malformed(problem);

    /// <inheritdoc/>
    public override ApiError NotValid(ColdRequest request, IReadOnlyList<SchemaViolation> violations) => Invalid(violations);

    /// <inheritdoc/>
    public override bool TryAuthenticate(
        RootKeyAuthenticator authenticator,
        ColdRequest request,
        long nowMs,
        [NotNullWhen(true)] out RootCaller? caller,
        [NotNullWhen(false)] out ApiError? error)
    {
        caller = null;
        ReadOnlySpan<char> token = request.Authorization.AsSpan().Trim();
        token = token.StartsWith(Scheme, StringComparison.Ordinal) ? token[Scheme.Length..].Trim() : token;
        if (token.IsEmpty)
        {
            error = new ApiError(V1ErrorCode.Unauthorized, "key required");
            return false;
        }

        RootKeyFault fault = authenticator.Authenticate(token, nowMs, out caller);
        error = Refusal(fault);
        if (caller?.Permissions.Contains(RootPermissions.Everything) == true)
        {
            caller = caller with { IsUnrestricted = true };
        }

        return caller is not null;
    }

    /// <inheritdoc/>
    public override ColdResponse Render(ColdRequest request, OperationResult result, RootCaller? caller) => result switch
    {
        { Rendered: { } rendered } => V1Envelope.Whole(request, rendered),
        { Error: { } error } => V1Envelope.Error(request, caller is null ? error : WithHeld(error, caller)),
        _ => V1Envelope.Success(request, result.Data),
    };

    private static ApiError? Refusal(RootKeyFault fault) => fault switch
    {
        RootKeyFault.None => null,
        RootKeyFault.Unknown => new ApiError(V1ErrorCode.Unauthorized, "key not found"),
        RootKeyFault.OrdinaryKey => new ApiError(V1ErrorCode.Unauthorized, "root key required"),
        RootKeyFault.WorkspaceMissing => new ApiError(ErrorCode.Forbidden, "the workspace of the root key does not exist"),
        RootKeyFault.WorkspaceDisabled => new ApiError(ErrorCode.WorkspaceDisabled, "workspace is disabled"),
        RootKeyFault.Disabled => new ApiError(ErrorCode.KeyDisabled, "the root key is disabled"),
        RootKeyFault.Expired => new ApiError(V1ErrorCode.Expired, "the root key has expired"),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
    };

    // v1 says what is required and what the root key has.
    private static ApiError WithHeld(ApiError error, RootCaller caller)
    {
        if (error.Code != ErrorCode.InsufficientPermissions)
        {
            return error;
        }

        string held = caller.Permissions.Count == 0 ? "none" : string.Join(", ", caller.Permissions.Order(StringComparer.Ordinal));
        return error with { Detail = $"{error.Detail}; the root key has: {held}" };
    }
}
