using Unkey.Server.Hosting;

namespace Unkey.Server.Transport;

/// <summary>The patience of a reactor with each phase of a connection, in milliseconds.</summary>
/// <param name="HeaderMs">From the first byte of a request head to its end.</param>
/// <param name="BodyMs">From the end of the head to the end of the body, before <see cref="BodyBytesPerMs"/> is added.</param>
/// <param name="IdleMs">Between two requests.</param>
/// <param name="WriteMs">Without the client taking a byte of an answer.</param>
internal sealed record Deadlines(long HeaderMs, long BodyMs, long IdleMs, long WriteMs)
{
    /// <summary>The slowest body that is waited for: each 128 bytes announced, or arrived in chunks, add a millisecond to the body's deadline.</summary>
    internal const int BodyBytesPerMs = 128;

    /// <summary>How long a connection that got its last answer may go on sending, so that it can read that answer.</summary>
    internal const long LingerMs = 2_000;

    /// <summary>Takes the time-outs from the server's settings.</summary>
    internal static Deadlines From(ServerOptions options) => new(
        (long)options.HeaderTimeout.TotalMilliseconds,
        (long)options.BodyTimeout.TotalMilliseconds,
        (long)options.IdleTimeout.TotalMilliseconds,
        (long)options.WriteTimeout.TotalMilliseconds);
}
