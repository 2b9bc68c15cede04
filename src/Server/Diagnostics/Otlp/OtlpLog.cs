using Microsoft.Extensions.Logging;

namespace Unkey.Server.Diagnostics.Otlp;

/// <summary>What the export to a collector logs; event ids 1030 to 1039.</summary>
internal static partial class OtlpLog
{
    /// <summary>The collector takes nothing.</summary>
    [LoggerMessage(1030, LogLevel.Warning, "The OTLP collector does not take {Signal}: {Reason}; what cannot be kept for it is dropped, and nothing else waits")]
    public static partial void CollectorDown(ILogger logger, string signal, string reason);

    /// <summary>The collector takes exports again.</summary>
    [LoggerMessage(1031, LogLevel.Information, "The OTLP collector takes {Signal} again; {Failures} exports failed")]
    public static partial void CollectorUp(ILogger logger, string signal, long failures);
}
