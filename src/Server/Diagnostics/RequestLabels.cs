using System;

namespace Unkey.Server.Diagnostics;

/// <summary>The texts of the metric labels, and the way from a path or a status to a label. Immutable; any thread.</summary>
internal static class RequestLabels
{
    /// <summary>Number of <see cref="RequestEndpoint"/> values.</summary>
    public const int EndpointCount = (int)RequestEndpoint.Other + 1;

    /// <summary>Number of <see cref="RequestOutcome"/> values.</summary>
    public const int OutcomeCount = (int)RequestOutcome.Expired + 1;

    /// <summary>Outcomes that every endpoint can have; the ones above them belong to verifyKey.</summary>
    public const int CommonOutcomeCount = (int)RequestOutcome.Aborted + 1;

    private static readonly string[] s_endpoints =
    [
        "malformed", "unknown", "liveness", "keys.verifyKey", "keys.createKey", "keys.getKey", "keys.updateKey", "keys.deleteKey",
        "keys.whoami", "apis.createApi", "apis.getApi", "apis.deleteApi", "identities.createIdentity", "identities.getIdentity",
        "permissions.createPermission", "rootKeys.createRootKey", "rootKeys.listRootKeys", "rootKeys.deleteRootKey",
        "workspaces.createWorkspace", "ratelimit.limit", "ratelimit.multiLimit", "v1.keys.verifyKey", "v1.ratelimits.limit", "v1.other",
        "other",
    ];

    private static readonly string[] s_outcomes =
    [
        "success", "client_error", "server_error", "aborted", "valid", "not_found", "forbidden", "insufficient_permissions",
        "usage_exceeded", "rate_limited", "disabled", "expired",
    ];

    /// <summary>The label of an endpoint.</summary>
    /// <param name="endpoint">A defined value.</param>
    /// <returns>A constant, safe inside quotes.</returns>
    public static string Of(RequestEndpoint endpoint) => s_endpoints[(int)endpoint];

    /// <summary>The label of an outcome.</summary>
    /// <param name="outcome">A defined value.</param>
    /// <returns>A constant, safe inside quotes.</returns>
    public static string Of(RequestOutcome outcome) => s_outcomes[(int)outcome];

    /// <summary>The endpoint that a path of the API belongs to. For cold requests: a linear search.</summary>
    /// <param name="path">The path without its query, such as <c>/v2/keys.createKey</c>.</param>
    /// <returns>The endpoint, or <see cref="RequestEndpoint.Other"/> when it has no label of its own.</returns>
    public static RequestEndpoint EndpointOf(ReadOnlySpan<char> path)
    {
        const string Prefix = "/v2/";
        if (path.StartsWith(Prefix, StringComparison.Ordinal))
        {
            ReadOnlySpan<char> name = path[Prefix.Length..];
            for (int i = (int)RequestEndpoint.Liveness; i < (int)RequestEndpoint.V1VerifyKey; i++)
            {
                if (name.SequenceEqual(s_endpoints[i]))
                {
                    return (RequestEndpoint)i;
                }
            }
        }

        return path switch
        {
            "/v1/keys.verifyKey" => RequestEndpoint.V1VerifyKey,
            "/v1/ratelimits.limit" => RequestEndpoint.V1Limit,
            _ => path.StartsWith("/v1/", StringComparison.Ordinal) ? RequestEndpoint.V1Other : RequestEndpoint.Other,
        };
    }

    /// <summary>Whether an endpoint can have every outcome; the others have only the common ones.</summary>
    /// <param name="endpoint">A defined value.</param>
    public static bool HasOwnOutcomes(RequestEndpoint endpoint) => endpoint
        is RequestEndpoint.VerifyKey or RequestEndpoint.Limit or RequestEndpoint.MultiLimit or RequestEndpoint.V1VerifyKey or RequestEndpoint.V1Limit;

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
