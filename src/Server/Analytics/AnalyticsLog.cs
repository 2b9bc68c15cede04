using Microsoft.Extensions.Logging;

namespace Unkey.Server.Analytics;

/// <summary>Log entries of analytics, 4100 to 4199. Never with a query.</summary>
internal static partial class AnalyticsLog
{
    [LoggerMessage(EventId = 4100, Level = LogLevel.Warning, Message = "ClickHouse cannot be asked for events: {Problem}")]
    public static partial void NotConnected(ILogger logger, string problem);
}
