using System;
using System.Collections.Generic;
using Unkey.Server.ControlPlane.Callers;

namespace Unkey.Server.ControlPlane;

/// <summary>The answer to a <see cref="ColdRequest"/>, ready for the response writer. Immutable, any thread.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="ContentType">Value of the Content-Type field: one of the two constants of this type, or text/plain.</param>
/// <param name="Body">The whole body.</param>
public sealed record ColdResponse(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>Content type of successes and of errors whose caller does not ask for problem details; no charset.</summary>
    public const string Json = "application/json";

    /// <summary>Content type of errors when Accept admits it.</summary>
    public const string ProblemJson = "application/problem+json";

    /// <summary>Further response fields, for example Retry-After; usually empty. Names and values are made here, never copied from a request.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; } = [];

    /// <summary>Who called, for the record of the request; never sent. <see langword="null"/> when the call was not authenticated.</summary>
    internal RootCaller? Caller { get; init; }

    /// <summary>Code of the error in the body, for the record of the request, in v2 without the address before it; <see langword="null"/> for none.</summary>
    internal string? ErrorCode { get; init; }
}
