using System;
using Microsoft.Extensions.Logging;

namespace Unkey.Server.Storage;

/// <summary>Log messages of the store: one a state change, never one a request.</summary>
internal static partial class StoreLog
{
    /// <summary>The store is open.</summary>
    [LoggerMessage(EventId = 3000, Level = LogLevel.Information, Message = "Store open: {Engine}, {Directory}")]
    public static partial void Opened(ILogger logger, string engine, string directory);

    /// <summary>Writes have begun to fail.</summary>
    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "The store refuses writes: {Reason} Verification goes on from memory.")]
    public static partial void Failed(ILogger logger, string reason);

    /// <summary>Writes succeed again.</summary>
    [LoggerMessage(EventId = 3002, EventName = "StoreRecovered", Level = LogLevel.Warning, Message = "The store accepts writes again")]
    public static partial void Recovered(ILogger logger);

    /// <summary>A failed transaction could not be taken back cleanly.</summary>
    [LoggerMessage(EventId = 3003, Level = LogLevel.Error, Message = "Rolling back failed; the database is opened anew")]
    public static partial void RollbackFault(ILogger logger, Exception exception);

    /// <summary>The file could not be opened again after a failure.</summary>
    [LoggerMessage(EventId = 3004, Level = LogLevel.Error, Message = "The database could not be opened again; the next write tries once more")]
    public static partial void ReopenFault(ILogger logger, Exception exception);

    /// <summary>The disk has no room for the reserve.</summary>
    [LoggerMessage(EventId = 3006, Level = LogLevel.Warning, Message = "No room for the reserve of {Size} MiB: if the disk fills up, keys cannot be revoked until there is room again")]
    public static partial void NoReserve(ILogger logger, long size);

    /// <summary>The reserve was given up.</summary>
    [LoggerMessage(EventId = 3007, Level = LogLevel.Error,
        Message = "The disk is full: the reserve of {Size} MiB was given up so that keys can be revoked. Other writes are refused until the disk has room for it again")]
    public static partial void ReserveReleased(ILogger logger, long size);

    /// <summary>The reserve is there again.</summary>
    [LoggerMessage(EventId = 3008, Level = LogLevel.Warning, Message = "The disk has room again: the reserve is restored")]
    public static partial void ReserveRestored(ILogger logger);

    /// <summary>Something other than the storage went wrong on the writer thread.</summary>
    [LoggerMessage(EventId = 3005, Level = LogLevel.Critical, Message = "The store's writer met an unexpected fault")]
    public static partial void WriterFault(ILogger logger, Exception exception);
}
