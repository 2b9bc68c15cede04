namespace Unkey.Server.Diagnostics;

/// <summary>How a request ended, as a label of the metrics.</summary>
public enum RequestOutcome : byte
{
    /// <summary>Answered with a 2xx or 3xx status, by any endpoint but verifyKey.</summary>
    Success = 0,

    /// <summary>Answered with a 4xx status.</summary>
    ClientError = 1,

    /// <summary>Answered with a 5xx status.</summary>
    ServerError = 2,

    /// <summary>Not answered: the client went away or a deadline closed the connection.</summary>
    Aborted = 3,

    /// <summary>verifyKey answered <c>VALID</c>.</summary>
    Valid = 4,

    /// <summary>verifyKey answered <c>NOT_FOUND</c>.</summary>
    NotFound = 5,

    /// <summary>verifyKey answered <c>FORBIDDEN</c>.</summary>
    Forbidden = 6,

    /// <summary>verifyKey answered <c>INSUFFICIENT_PERMISSIONS</c>.</summary>
    InsufficientPermissions = 7,

    /// <summary>verifyKey answered <c>USAGE_EXCEEDED</c>.</summary>
    UsageExceeded = 8,

    /// <summary>verifyKey answered <c>RATE_LIMITED</c>, or a rate-limit check was denied.</summary>
    RateLimited = 9,

    /// <summary>verifyKey answered <c>DISABLED</c>.</summary>
    Disabled = 10,

    /// <summary>verifyKey answered <c>EXPIRED</c>.</summary>
    Expired = 11,
}
