using Microsoft.Extensions.Logging;

namespace Unkey.Server.Diagnostics.Requests;

/// <summary>What is logged of requests; event ids 1040 to 1049. Never a path, a field, a body or a key.</summary>
internal static partial class RequestsLog
{
    [LoggerMessage(1040, LogLevel.Warning, "Slow request: {Operation} answered {Status} after {Milliseconds} ms, {RequestId}")]
    public static partial void Slow(ILogger logger, string operation, int status, double milliseconds, string requestId);

    [LoggerMessage(1041, LogLevel.Warning, "{Count} more requests were slow; there is an entry for the first ten of each second only")]
    public static partial void SlowSuppressed(ILogger logger, long count);
}
