using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane;

/// <summary>How one version of the API speaks: where the input of an operation is, who a caller is, and how answers look. Stateless, any thread.</summary>
internal abstract class ApiDialect
{
    /// <summary>Checks what does not need the body's content.</summary>
    /// <returns>The refusal, or <see langword="null"/>.</returns>
    public abstract ApiError? Check(ColdRequest request);

    /// <summary>The input of an operation as JSON.</summary>
    public abstract ReadOnlyMemory<byte> BodyOf(Operation operation, ColdRequest request);

    /// <summary>The refusal of input that is not JSON.</summary>
    /// <param name="request">The request.</param>
    /// <param name="problem">What is wrong with it.</param>
    public abstract ApiError NotJson(ColdRequest request, string problem);

    /// <summary>The refusal of input that violates the schema or does not bind.</summary>
    /// <param name="request">The request.</param>
    /// <param name="violations">What is wrong; empty when it is the binding that failed.</param>
    public abstract ApiError NotValid(ColdRequest request, IReadOnlyList<SchemaViolation> violations);

    /// <summary>Finds out who calls.</summary>
    public abstract bool TryAuthenticate(
        RootKeyAuthenticator authenticator,
        ColdRequest request,
        long nowMs,
        [NotNullWhen(true)] out RootCaller? caller,
        [NotNullWhen(false)] out ApiError? error);

    /// <summary>Renders what an operation, or a step before it, has decided.</summary>
    /// <param name="request">The request.</param>
    /// <param name="result">The decision.</param>
    /// <param name="caller">Who calls, as far as that was found out.</param>
    public abstract ColdResponse Render(ColdRequest request, OperationResult result, RootCaller? caller);
}
