using System.Globalization;

namespace Unkey.Server.Events;

/// <summary>Which requests of the API are recorded. Immutable value.</summary>
/// <param name="Errors">Whether answers of 400 and more are.</param>
/// <param name="Management">Whether all other answers are, but for those of verifications and rate limits.</param>
/// <param name="HotShare">Which share of the verifications and rate-limit decisions that were answered is, 0 to 1.</param>
public readonly record struct RequestLogRule(bool Errors, bool Management, double HotShare)
{
    private const int FirstErrorStatus = 400;

    /// <summary>None.</summary>
    public static RequestLogRule Off => default;

    /// <summary>Errors alone.</summary>
    public static RequestLogRule ErrorsOnly => new(Errors: true, Management: false, HotShare: 0);

    /// <summary>Every one.</summary>
    public static RequestLogRule All => Share(1);

    /// <summary>Whether anything is recorded.</summary>
    public bool IsOn => Errors;

    /// <summary>Errors, management calls, and a share of the rest.</summary>
    /// <param name="hot">0 to 1.</param>
    public static RequestLogRule Share(double hot) => new(Errors: true, Management: true, hot);

    /// <summary>Reads <c>off</c>, <c>errors</c>, <c>all</c> or a share.</summary>
    /// <param name="text">The text.</param>
    /// <param name="rule">The rule on success.</param>
    /// <returns>The problem, or <see langword="null"/>.</returns>
    public static string? Read(string text, out RequestLogRule rule)
    {
        double share = 0;
        bool isShare = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out share) && share is >= 0 and <= 1;
        rule = text switch { "errors" => ErrorsOnly, "all" => All, _ => isShare ? Share(share) : Off };
        return isShare || text is "off" or "errors" or "all" ? null : "is none of off, errors, all, nor a share from 0 to 1 such as 0.01";
    }

    /// <summary>Whether an answer is recorded.</summary>
    /// <param name="status">Its HTTP status.</param>
    /// <param name="isHot">Whether it is to a verification or a rate-limit check.</param>
    /// <param name="random">A number from 0 to less than 1, drawn for this answer.</param>
    [HotPath]
    internal bool Takes(int status, bool isHot, double random) => status >= FirstErrorStatus ? Errors : isHot ? random < HotShare : Management;
}
