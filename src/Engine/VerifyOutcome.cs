namespace Unkey.Engine;

/// <summary>How a verification ends. The first failing check of the fixed order decides; the order is documented at <see cref="Verifier"/>.</summary>
public enum VerifyOutcome
{
    /// <summary>Every check passed; tokens and credits are taken.</summary>
    Valid,

    /// <summary>Unknown, foreign or hidden key, or a key of a deleted API; the answer carries nothing else.</summary>
    NotFound,

    /// <summary>The caller's address is not on the API's list, or the key is not of the API that was asked for.</summary>
    Forbidden,

    /// <summary>The permission query is not satisfied.</summary>
    InsufficientPermissions,

    /// <summary>The credits do not cover the cost. Rate-limit tokens stay taken.</summary>
    UsageExceeded,

    /// <summary>A limit is exceeded. Nothing is taken.</summary>
    RateLimited,

    /// <summary>The key is disabled.</summary>
    Disabled,

    /// <summary>The key is expired.</summary>
    Expired,

    /// <summary>The permission query does not parse: status 400, reason in <see cref="VerifyResult.QueryError"/>. Nothing is taken.</summary>
    BadQuery,

    /// <summary>A requested limit is not configured: status 412, entry in <see cref="VerifyResult.UnknownLimitIndex"/>. Nothing is taken.</summary>
    UnknownLimit,

    /// <summary>The workspace is disabled. Nothing is taken.</summary>
    WorkspaceDisabled,

    /// <summary>The calls of the key's workspace are limited and nobody has counted this one. Nothing is taken; see <see cref="VerifyAccess"/>.</summary>
    NotCounted,
}
