using Unkey.Engine.Limits;

namespace Unkey.Server.ControlPlane;

/// <summary>The names of the rate-limit algorithms, the same on the command line, in the API and in the store. Stateless, any thread.</summary>
internal static class LimitAlgorithmText
{
    /// <summary><see cref="LimitAlgorithm.TokenBucket"/>.</summary>
    public const string TokenBucket = "token-bucket";

    /// <summary><see cref="LimitAlgorithm.SlidingWindow"/>.</summary>
    public const string SlidingWindow = "sliding-window";

    /// <summary>The algorithm of a name, or <see langword="null"/> for any other text.</summary>
    public static LimitAlgorithm? Parse(string? text) => text switch
    {
        TokenBucket => LimitAlgorithm.TokenBucket,
        SlidingWindow => LimitAlgorithm.SlidingWindow,
        _ => null,
    };
}
