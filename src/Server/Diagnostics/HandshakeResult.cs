namespace Unkey.Server.Diagnostics;

/// <summary>How a TLS handshake ended.</summary>
public enum HandshakeResult
{
    /// <summary>The connection is secure.</summary>
    Completed,

    /// <summary>What the client sent breaks the protocol, nothing it offers is acceptable, or its certificate is refused.</summary>
    Failed,

    /// <summary>It was not complete at its deadline.</summary>
    TimedOut,

    /// <summary>The client left, as a check that only connects does.</summary>
    Abandoned,

    /// <summary>The client spoke HTTP without TLS and was told so.</summary>
    PlainHttp,

    /// <summary>Too many were under way and this was the oldest.</summary>
    Displaced,
}
