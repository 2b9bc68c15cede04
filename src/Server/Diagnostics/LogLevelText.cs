using Microsoft.Extensions.Logging;

namespace Unkey.Server.Diagnostics;

/// <summary>The short names of log levels, shared by both formats. Any thread.</summary>
internal static class LogLevelText
{
    /// <summary>The name of a level.</summary>
    /// <param name="level">Any level.</param>
    /// <returns>One of <c>trace, debug, info, warn, error, critical</c>.</returns>
    public static string Of(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
