using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane;

/// <summary>How v2 speaks: a JSON body to every operation, a bearer token, envelopes. Stateless, any thread.</summary>
internal sealed class V2Dialect : ApiDialect
{
    /// <inheritdoc/>
    public override ApiError? Check(ColdRequest request) => RequestChecks.Check(request);

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> BodyOf(Operation operation, ColdRequest request) => request.Body;

    /// <inheritdoc/>
    public override ApiError NotJson(ColdRequest request, string problem) => RequestChecks.NotJson(request, problem);

    /// <inheritdoc/>
    public override ApiError NotValid(ColdRequest request, IReadOnlyList<SchemaViolation> violations) => RequestChecks.NotValid(request, violations);

    /// <inheritdoc/>
    public override bool TryAuthenticate(
        RootKeyAuthenticator authenticator,
        ColdRequest request,
        long nowMs,
        [NotNullWhen(true)] out RootCaller? caller,
        [NotNullWhen(false)] out ApiError? error) => authenticator.TryAuthenticate(request.Authorization!, nowMs, out caller, out error);

    /// <inheritdoc/>
    public override ColdResponse Render(ColdRequest request, OperationResult result, RootCaller? caller) => result switch
    {
        { Rendered: { } rendered } => rendered,
        { Error: { } error } => Envelope.Error(request.RequestId, request.Accept, error),
        _ => Envelope.Success(request.RequestId, result.Data, result.Page),
    };
}
