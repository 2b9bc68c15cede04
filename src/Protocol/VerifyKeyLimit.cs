namespace Unkey.Protocol;

/// <summary>One item of <c>ratelimits</c> in a verifyKey request. A plain value; every number is in range.</summary>
public readonly struct VerifyKeyLimit
{
    /// <summary>Where the name begins in <see cref="VerifyKeyRequest.LimitNames"/>.</summary>
    public int NameOffset { get; init; }

    /// <summary>Length of the name in bytes; it has 3 to 255 code points, in v1 one or more.</summary>
    public int NameLength { get; init; }

    /// <summary>Tokens to take, 0 or more; 1 when the request does not say.</summary>
    public long Cost { get; init; }

    /// <summary>Whether the request gives a limit.</summary>
    public bool HasLimit { get; init; }

    /// <summary>Tokens per duration, 0 or more; 0 when not given.</summary>
    public long Limit { get; init; }

    /// <summary>Whether the request gives a duration.</summary>
    public bool HasDuration { get; init; }

    /// <summary>Duration in milliseconds, 0 or more; 0 when not given.</summary>
    public long DurationMs { get; init; }
}
