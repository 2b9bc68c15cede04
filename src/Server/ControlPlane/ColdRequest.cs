using System;
using System.Diagnostics;
using System.Threading;

namespace Unkey.Server.ControlPlane;

/// <summary>One request that leaves the reactor: a management call, or a verifyKey call that the hot path refused.</summary>
/// <remarks>Made by the request loop, which has already parsed the head, read the whole body and chosen the request id.
/// Immutable; <see cref="Body"/> must stay valid and unchanged until the answer's task has completed.</remarks>
public sealed class ColdRequest
{
    /// <summary>Path of the request-target without its query, exactly as sent, for example <c>/v2/keys.createKey</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What follows the first <c>?</c> of the request-target, exactly as sent; empty when there is none. Only v1 looks at it.</summary>
    public string Query { get; init; } = "";

    /// <summary>Method token as sent, for example <c>POST</c>.</summary>
    public required string Method { get; init; }

    /// <summary>Value of the Authorization field; <see langword="null"/> when absent. Never logged.</summary>
    public string? Authorization { get; init; }

    /// <summary>Value of the Content-Type field; <see langword="null"/> when absent.</summary>
    public string? ContentType { get; init; }

    /// <summary>Value of the Accept field; <see langword="null"/> when absent. Chooses only the content type of errors.</summary>
    public string? Accept { get; init; }

    /// <summary>Address of the caller without a port, trusted proxies already resolved; empty when unknown.</summary>
    public string PeerAddress { get; init; } = "";

    /// <summary>Value of the Host field, cut to what is recorded; empty when absent.</summary>
    public string Host { get; init; } = "";

    /// <summary>Value of the User-Agent field; <see langword="null"/> when absent. Kept in the audit log.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The whole body with the framing removed; empty when there was none.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The time that the request is decided at, unix milliseconds: what X-Test-Time says to a server in test mode, else <see langword="null"/>.</summary>
    public long? TestTimeMs { get; init; }

    /// <summary>The id that <c>meta.requestId</c> carries: <c>req_</c> and nine characters.</summary>
    public required string RequestId { get; init; }

    /// <summary>Whether a single rate-limit check asks for no event (<c>X-Unkey-Metrics: disabled</c>).</summary>
    public bool IsSilent { get; init; }

    /// <summary>When the request began, in ticks of <see cref="Stopwatch"/>.</summary>
    public long StartTimestamp { get; init; } = Stopwatch.GetTimestamp();

    /// <summary>Cancelled when the connection is gone. A unit of work that has reached the store is finished regardless.</summary>
    public CancellationToken Aborted { get; init; }
}
