namespace Unkey.Server.Diagnostics;

/// <summary>The labels of outcomes, and the way from a status to an outcome. Immutable; any thread.</summary>
internal static class OutcomeLabels
{
    /// <summary>Number of <see cref="RequestOutcome"/> values.</summary>
    public const int Count = (int)RequestOutcome.Expired + 1;

    /// <summary>Outcomes that every endpoint can have; the ones above them belong to verifyKey and to rate limits.</summary>
    public const int CommonCount = (int)RequestOutcome.Aborted + 1;

    private static readonly string[] s_names =
    [
        "success", "client_error", "server_error", "aborted", "valid", "not_found", "forbidden", "insufficient_permissions",
        "usage_exceeded", "rate_limited", "disabled", "expired",
    ];

    /// <summary>The label of an outcome.</summary>
    /// <param name="outcome">A defined value.</param>
    /// <returns>A constant, safe inside quotes.</returns>
    public static string Of(RequestOutcome outcome) => s_names[(int)outcome];

    /// <summary>The outcome that a status means, for every endpoint but verifyKey.</summary>
    /// <param name="status">An HTTP status.</param>
    /// <returns>The outcome.</returns>
    public static RequestOutcome OutcomeOf(int status) => status switch
    {
        >= 500 => RequestOutcome.ServerError,
        >= 400 => RequestOutcome.ClientError,
        _ => RequestOutcome.Success,
    };
}
