using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>One row of v1's code registry. Immutable.</summary>
/// <param name="Name">Value of <c>error.code</c>.</param>
/// <param name="Status">HTTP status.</param>
internal sealed record V1ErrorCode(string Name, int Status)
{
    /// <summary>What v2 has no code for: a credential, or the right to decrypt, is missing. Its status is 403, against the custom of HTTP.</summary>
    public static ErrorCode Unauthorized { get; } = new("v1/unauthorized", 403, "Unauthorized");

    /// <summary>What v2 has no code for: the root key has expired.</summary>
    public static ErrorCode Expired { get; } = new("v1/expired", 403, "Expired");

    /// <summary>What v2 has no code for: the path is served, but not for this method.</summary>
    public static ErrorCode MethodNotAllowed { get; } = new("v1/method_not_allowed", 405, "Method Not Allowed");

    /// <summary>What v2 has another code for: two parts of a request contradict each other.</summary>
    public static ErrorCode Conflict { get; } = new("v1/conflict", 409, "Conflict");

    /// <summary>The row of v1 for a refusal.</summary>
    public static V1ErrorCode Of(ErrorCode code) => code.Status switch
    {
        401 => new("UNAUTHORIZED", 403),
        403 => new(NameOfForbidden(code), 403),
        404 or 410 => new("NOT_FOUND", 404),
        405 => new("METHOD_NOT_ALLOWED", 405),
        409 => new("CONFLICT", 409),
        412 => new(code == ErrorCode.ProtectedResource ? "DELETE_PROTECTED" : "PRECONDITION_FAILED", 412),
        429 => new("RATE_LIMITED", 429),
        >= 500 => new("INTERNAL_SERVER_ERROR", 500),
        _ => new("BAD_REQUEST", 400),
    };

    private static string NameOfForbidden(ErrorCode code) =>
        code == Unauthorized ? "UNAUTHORIZED"
        : code == Expired ? "EXPIRED"
        : code == ErrorCode.KeyDisabled ? "DISABLED"
        : code == ErrorCode.InsufficientPermissions ? "INSUFFICIENT_PERMISSIONS"
        : "FORBIDDEN";
}
