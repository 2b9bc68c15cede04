using System;
using Microsoft.Extensions.Logging;

namespace Unkey.Server.Storage.Buckets;

/// <summary>Log messages about the file of the rate-limit buckets: what a start finds, and each change of state.</summary>
internal static partial class BucketLog
{
    /// <summary>Buckets are back.</summary>
    [LoggerMessage(EventId = 3200, Level = LogLevel.Information, Message = "Rate limits: {Restored} buckets go on as they were, {Idle} had filled up")]
    public static partial void Restored(ILogger logger, long restored, long idle);

    /// <summary>The file cannot be used.</summary>
    [LoggerMessage(EventId = 3201, Level = LogLevel.Warning, Message = "{Path} {Problem}: all rate-limit buckets start full; the file is kept as {Aside}")]
    public static partial void Refused(ILogger logger, string path, string problem, string aside);

    /// <summary>The clock was set back while the server was down.</summary>
    [LoggerMessage(EventId = 3202, Level = LogLevel.Warning, Message = "The clock stands {Seconds} s before the time at which rate-limit buckets were last written: all of them start full")]
    public static partial void ClockIsBehind(ILogger logger, long seconds);

    /// <summary>The table has become too small.</summary>
    [LoggerMessage(EventId = 3203, Level = LogLevel.Warning, Message = "{Count} rate-limit buckets found no room under the lower --ratelimit-max-buckets; they start full")]
    public static partial void WithoutRoom(ILogger logger, long count);

    /// <summary>Some slots hold what no bucket can be.</summary>
    [LoggerMessage(EventId = 3204, Level = LogLevel.Warning, Message = "{Count} rate-limit buckets in the file are damaged; they start full")]
    public static partial void DamagedSlots(ILogger logger, long count);

    /// <summary>Writing has begun to fail.</summary>
    [LoggerMessage(EventId = 3205, Level = LogLevel.Error, Message = "Rate-limit buckets cannot be written to {Path}; limits go on from memory, and a restart would not know what is taken from now on")]
    public static partial void NotWritten(ILogger logger, string path, Exception exception);

    /// <summary>Writing works again.</summary>
    [LoggerMessage(EventId = 3206, Level = LogLevel.Warning, Message = "Rate-limit buckets are written to {Path} again")]
    public static partial void WrittenAgain(ILogger logger, string path);
}
