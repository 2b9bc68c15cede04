using Microsoft.Extensions.Logging;

namespace Unkey.Server.Storage.Snapshots;

/// <summary>Log messages about the snapshot of the keys: what a stop has left and what a start makes of it.</summary>
internal static partial class SnapshotLog
{
    /// <summary>A start has taken its keys from the snapshot.</summary>
    [LoggerMessage(EventId = 3300, EventName = "SnapshotLoaded", Level = LogLevel.Information, Message = "{Keys} keys are from the snapshot of the last stop, {Others} from the database")]
    public static partial void Loaded(ILogger logger, long keys, long others);

    /// <summary>A snapshot, or the lack of one, that makes a start read the database.</summary>
    [LoggerMessage(EventId = 3301, EventName = "SnapshotRefused", Level = LogLevel.Information, Message = "The snapshot of the keys {Problem}: all keys are read from the database")]
    public static partial void Refused(ILogger logger, string problem);

    /// <summary>A stop has written a snapshot.</summary>
    [LoggerMessage(EventId = 3302, EventName = "SnapshotWritten", Level = LogLevel.Information, Message = "Wrote a snapshot of {Keys} keys for the next start in {ElapsedMs} ms")]
    public static partial void Written(ILogger logger, long keys, long elapsedMs);

    /// <summary>A stop has not.</summary>
    [LoggerMessage(EventId = 3303, EventName = "SnapshotNotWritten", Level = LogLevel.Information, Message = "No snapshot of the keys was written, so the next start reads the database: {Reason}")]
    public static partial void NotWritten(ILogger logger, string reason);
}
