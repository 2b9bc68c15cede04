namespace Unkey.Protocol;

/// <summary>The outcomes of a verification as the wire names them; see <see cref="VerifyKeyJson.WireName"/>.</summary>
public enum VerifyKeyCode
{
    /// <summary>VALID: the only code with <c>valid: true</c>.</summary>
    Valid,

    /// <summary>NOT_FOUND: no such key for this caller.</summary>
    NotFound,

    /// <summary>FORBIDDEN: workspace disabled, or address not on the allow-list.</summary>
    Forbidden,

    /// <summary>INSUFFICIENT_PERMISSIONS: the permission query is not satisfied.</summary>
    InsufficientPermissions,

    /// <summary>USAGE_EXCEEDED: not enough credits.</summary>
    UsageExceeded,

    /// <summary>RATE_LIMITED: at least one limit is exceeded.</summary>
    RateLimited,

    /// <summary>DISABLED: the key is disabled.</summary>
    Disabled,

    /// <summary>EXPIRED: the key has expired.</summary>
    Expired,
}
