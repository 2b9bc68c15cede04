namespace Unkey.Server.Routing;

/// <summary>What a path leads to.</summary>
internal enum RouteKind : byte
{
    /// <summary>Nothing: 404.</summary>
    Unknown,

    /// <summary><c>/v2/liveness</c>, answered on the reactor.</summary>
    Liveness,

    /// <summary><c>/v2/keys.verifyKey</c>, answered on the reactor.</summary>
    VerifyKey,

    /// <summary><c>/v2/ratelimit.limit</c>, answered on the reactor.</summary>
    Limit,

    /// <summary><c>/v2/ratelimit.multiLimit</c>, answered on the reactor.</summary>
    MultiLimit,

    /// <summary>An operation of the control plane, answered on the thread pool.</summary>
    ControlPlane,

    /// <summary><c>/v1/keys.verifyKey</c>, answered on the reactor.</summary>
    V1VerifyKey,

    /// <summary><c>/v1/ratelimits.limit</c>, answered on the reactor.</summary>
    V1Limit,

    /// <summary>Any other path of v1, answered on the thread pool: also one that is not served, because v1 words even that in its own form.</summary>
    V1,

    /// <summary>A document about the API, answered on the thread pool.</summary>
    Document,

    /// <summary>A path with empty or dot segments whose clean form is served: redirected.</summary>
    Unclean,
}
