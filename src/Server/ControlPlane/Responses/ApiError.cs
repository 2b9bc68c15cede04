using System.Collections.Generic;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>An expected refusal, as a value. Immutable.</summary>
/// <param name="Code">Which row of the code registry.</param>
/// <param name="Detail">Public wording for people; carries no secret and no internal cause.</param>
/// <param name="Items">Content of <c>error.errors</c> where the status has one.</param>
internal sealed record ApiError(ErrorCode Code, string Detail, IReadOnlyList<SchemaViolation> Items)
{
    /// <summary>A refusal without items.</summary>
    public ApiError(ErrorCode code, string detail)
        : this(code, detail, [])
    {
    }

    /// <summary>The answer to a bug: it tells nothing of the cause.</summary>
    public static ApiError Unexpected { get; } =
        new(ErrorCode.UnexpectedError, "An unexpected error occurred while processing the request.") { IsPlainJson = true };

    /// <summary>The answer to a call beyond the limit of its workspace.</summary>
    public static ApiError TooManyCalls { get; } =
        new(ErrorCode.WorkspaceRateLimited, "This workspace has made all the API calls that it may make in a minute.");

    /// <summary>Whether the answer is always application/json, whatever Accept says: the rule for schema failures and panics.</summary>
    public bool IsPlainJson { get; init; }
}
