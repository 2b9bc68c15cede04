namespace Unkey.Engine;

/// <summary>One check of a rate-limit request. Plain value; its texts lie in <see cref="RatelimitInput.Texts"/>.</summary>
/// <param name="NamespaceOffset">Where the name or id of the namespace starts, bytes.</param>
/// <param name="NamespaceLength">Its length in bytes.</param>
/// <param name="IdentifierOffset">Where the identifier starts, bytes.</param>
/// <param name="IdentifierLength">Its length in bytes.</param>
/// <param name="Limit">Tokens a duration, 1 or more.</param>
/// <param name="DurationMs">Milliseconds, 1000 or more.</param>
/// <param name="Cost">Tokens to take, 0 or more.</param>
public readonly record struct RatelimitRequest(
    int NamespaceOffset, int NamespaceLength, int IdentifierOffset, int IdentifierLength, long Limit, long DurationMs, long Cost);
