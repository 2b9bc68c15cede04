namespace Unkey.Protocol;

/// <summary>One check of a ratelimit request, valid by the contract. A plain value; the texts lie in <see cref="RatelimitRequestReader.Texts"/>.</summary>
public readonly struct RatelimitCheck
{
    /// <summary>Where the namespace begins, bytes.</summary>
    public int NamespaceOffset { get; init; }

    /// <summary>Length of the namespace in bytes; 1 to 512 code points: a name or an id.</summary>
    public int NamespaceLength { get; init; }

    /// <summary>Where the identifier begins, bytes.</summary>
    public int IdentifierOffset { get; init; }

    /// <summary>Length of the identifier in bytes; 1 to 512 code points (in v1 to 65,536).</summary>
    public int IdentifierLength { get; init; }

    /// <summary>Tokens a duration, 1 or more.</summary>
    public long Limit { get; init; }

    /// <summary>Duration in milliseconds, 1000 to 30 days (in v1 without a bound).</summary>
    public long DurationMs { get; init; }

    /// <summary>Tokens to take, 0 or more; 1 when the request does not say.</summary>
    public long Cost { get; init; }
}
