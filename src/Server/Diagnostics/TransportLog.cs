using System;
using Microsoft.Extensions.Logging;

namespace Unkey.Server.Diagnostics;

/// <summary>What the transport logs; event ids 2000 to 2099 are stable.</summary>
internal static partial class TransportLog
{
    /// <summary>An exception escaped the step of one connection: a bug. The connection was closed, the reactor goes on.</summary>
    [LoggerMessage(EventId = 2000, EventName = "connection-faulted", Level = LogLevel.Error, Message = "A connection was closed because of an internal fault.")]
    internal static partial void ConnectionFaulted(ILogger logger, Exception exception);

    /// <summary>The system refused what it had allowed when the server started.</summary>
    [LoggerMessage(EventId = 2004, EventName = "not-pinned", Level = LogLevel.Warning, Message = "{Thread} could not be pinned to core {Core} and runs on any: {Reason}")]
    internal static partial void NotPinned(ILogger logger, string? thread, int core, string reason);

    /// <summary>What was decided cannot be brought to the disk.</summary>
    [LoggerMessage(EventId = 2002, EventName = "not-durable", Level = LogLevel.Error,
        Message = "Decisions cannot be flushed to the disk: {Reason} With --durability strict their connections are closed without an answer.")]
    internal static partial void NotDurable(ILogger logger, string reason);

    /// <summary>Flushes succeed again.</summary>
    [LoggerMessage(EventId = 2003, EventName = "durable-again", Level = LogLevel.Warning, Message = "Decisions are flushed to the disk again.")]
    internal static partial void DurableAgain(ILogger logger);

    /// <summary>TLS is served, from the start or with new files.</summary>
    [LoggerMessage(EventId = 2010, EventName = "tls-certificate", Level = LogLevel.Information,
        Message = "New connections get the certificate of {File}, valid until {Expires}")]
    internal static partial void TlsCertificate(ILogger logger, string file, string expires);

    /// <summary>New files cannot be used; the certificate before them is kept.</summary>
    [LoggerMessage(EventId = 2011, EventName = "tls-not-reloaded", Level = LogLevel.Error,
        Message = "The certificate in use is kept, because the new one cannot be used: {Reason}")]
    internal static partial void TlsNotReloaded(ILogger logger, string reason);

    /// <summary>The certificate in use is about to expire, or has.</summary>
    [LoggerMessage(EventId = 2012, EventName = "tls-expires", Level = LogLevel.Warning,
        Message = "The certificate of {File} is valid until {Expires}, {Days} days from now; renew it and replace the file")]
    internal static partial void TlsExpires(ILogger logger, string file, string expires, long days);

    /// <summary>A handshake failed: a scanner, a client that is too old, or one whose certificate is refused.</summary>
    [LoggerMessage(EventId = 2013, EventName = "tls-handshake-failed", Level = LogLevel.Debug, Message = "A TLS handshake failed: {Reason}")]
    internal static partial void HandshakeFailed(ILogger logger, string reason);

    /// <summary>No descriptors are left: accepting pauses, open connections go on.</summary>
    [LoggerMessage(EventId = 2001, EventName = "accept-paused", Level = LogLevel.Warning,
        Message = "Out of file descriptors: accepting pauses while open connections are served. Raise the limit (ulimit -n) or lower --max-connections.")]
    internal static partial void AcceptPaused(ILogger logger);
}
