using System;
using Microsoft.Extensions.Logging;

namespace Unkey.Server.Diagnostics;

/// <summary>What the transport logs; event ids 2000 to 2099 are stable.</summary>
internal static partial class TransportLog
{
    /// <summary>An exception escaped the step of one connection: a bug. The connection was closed, the reactor goes on.</summary>
    [LoggerMessage(EventId = 2000, EventName = "connection-faulted", Level = LogLevel.Error, Message = "A connection was closed because of an internal fault.")]
    internal static partial void ConnectionFaulted(ILogger logger, Exception exception);

    /// <summary>What was decided cannot be brought to the disk.</summary>
    [LoggerMessage(EventId = 2002, EventName = "not-durable", Level = LogLevel.Error,
        Message = "Decisions cannot be flushed to the disk: {Reason} With --durability strict their connections are closed without an answer.")]
    internal static partial void NotDurable(ILogger logger, string reason);

    /// <summary>Flushes succeed again.</summary>
    [LoggerMessage(EventId = 2003, EventName = "durable-again", Level = LogLevel.Warning, Message = "Decisions are flushed to the disk again.")]
    internal static partial void DurableAgain(ILogger logger);

    /// <summary>No descriptors are left: accepting pauses, open connections go on.</summary>
    [LoggerMessage(EventId = 2001, EventName = "accept-paused", Level = LogLevel.Warning,
        Message = "Out of file descriptors: accepting pauses while open connections are served. Raise the limit (ulimit -n) or lower --max-connections.")]
    internal static partial void AcceptPaused(ILogger logger);
}
