using System.Collections.Generic;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane;

/// <summary>What the OpenAPI document tells of an operation besides its path and its body. Immutable.</summary>
/// <remarks>Stands beside the code of the operation; the tests hold every answer of a running server against it.</remarks>
internal sealed record OperationDescription
{
    /// <summary>What the operation does: one sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>What else a caller must know; <see langword="null"/> for nothing.</summary>
    public string? Details { get; init; }

    /// <summary>Permissions that a root key needs all of, each in the form for every resource (<c>api.*.read_key</c>).</summary>
    public required IReadOnlyList<string> Permissions { get; init; }

    /// <summary>A body that the schema accepts, as a caller would write it.</summary>
    public required string Example { get; init; }

    /// <summary>What <c>data</c> of a success is; <see langword="null"/> for the operation whose answer has no such member.</summary>
    public required SchemaNode? Data { get; init; }

    /// <summary>Whether a success carries <c>pagination</c> as well.</summary>
    public bool IsList { get; init; }

    /// <summary>Refusals of this operation besides those that every operation has.</summary>
    public IReadOnlyList<ErrorCode> Refusals { get; init; } = [];
}
