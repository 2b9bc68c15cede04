namespace Unkey.Engine;

/// <summary>One entry of the request's list of limits. Plain value; the name lies in <see cref="VerifyInput.LimitNames"/>.</summary>
/// <param name="NameOffset">Where the name starts in <see cref="VerifyInput.LimitNames"/>, bytes.</param>
/// <param name="NameLength">Length of the name in bytes.</param>
/// <param name="Cost">Tokens to take, 0 or more; -1 when not given, which is 1.</param>
/// <param name="Limit">Tokens a duration, 0 or more; -1 when not given.</param>
/// <param name="DurationMs">Milliseconds, 0 or more; -1 when not given. Only a limit together with a duration makes the entry ad-hoc.</param>
public readonly record struct LimitRequest(int NameOffset, int NameLength, long Cost, long Limit, long DurationMs)
{
    /// <summary>Whether the entry brings its own numbers, so that it needs no configured limit.</summary>
    public bool IsAdHoc => Limit >= 0 && DurationMs >= 0;
}
