namespace Unkey.Server.Diagnostics;

/// <summary>What a request was for, as a label of the metrics: one of a set that is fixed at the start (<see cref="EndpointLabels"/>), so no label is
/// made from what a client sends. Immutable value.</summary>
public readonly record struct RequestEndpoint
{
    private readonly byte _index;

    internal RequestEndpoint(int index) => _index = (byte)index;

    /// <summary>The bytes were no request: refused by the parser or cut off by a deadline.</summary>
    public static RequestEndpoint Malformed => new(0);

    /// <summary>A path or method that is not served.</summary>
    public static RequestEndpoint Unknown => new(1);

    /// <summary><c>GET /v2/liveness</c>.</summary>
    public static RequestEndpoint Liveness => new(2);

    /// <summary><c>POST /v2/keys.verifyKey</c>.</summary>
    public static RequestEndpoint VerifyKey => new(3);

    /// <summary><c>POST /v2/ratelimit.limit</c>.</summary>
    public static RequestEndpoint Limit => new(4);

    /// <summary><c>POST /v2/ratelimit.multiLimit</c>.</summary>
    public static RequestEndpoint MultiLimit => new(5);

    /// <summary><c>POST /v1/keys.verifyKey</c>.</summary>
    public static RequestEndpoint V1VerifyKey => new(6);

    /// <summary><c>POST /v1/ratelimits.limit</c>.</summary>
    public static RequestEndpoint V1Limit => new(7);

    /// <summary>A document about the API.</summary>
    public static RequestEndpoint Document => new(8);

    /// <summary>Anything on the admin listener.</summary>
    public static RequestEndpoint Admin => new(9);

    /// <summary>Whether it verifies keys, in any version.</summary>
    internal bool IsVerification => this == VerifyKey || this == V1VerifyKey;

    /// <summary>Whether it checks rate limits, in any version.</summary>
    internal bool IsLimit => this == Limit || this == MultiLimit || this == V1Limit;

    /// <summary>Position in the list of labels.</summary>
    internal int Index => _index;
}
