using Microsoft.Extensions.Logging;

namespace Unkey.Server.Storage.Credits;

/// <summary>Log messages about the file of credit cells: one a state change.</summary>
internal static partial class CreditLog
{
    /// <summary>An earlier process was killed before it had written what was spent.</summary>
    [LoggerMessage(EventId = 3250, Level = LogLevel.Information, Message = "Credits: {Count} balances lacked what was spent before the last server was killed; it is subtracted now")]
    public static partial void Settled(ILogger logger, int count);

    /// <summary>The file is not one.</summary>
    [LoggerMessage(EventId = 3251, EventName = "CreditFileDamaged", Level = LogLevel.Warning,
        Message = "{Path} is damaged or of another version: credits spent in the last second before the server was killed are given back; the file is kept as {Aside}")]
    public static partial void Damaged(ILogger logger, string path, string aside);

    /// <summary>The disk takes no more cells.</summary>
    [LoggerMessage(EventId = 3252, Level = LogLevel.Error, Message = "{Path} cannot grow: {Reason} Credits of further keys are counted in memory, and a kill would give back up to a second of them")]
    public static partial void Unprotected(ILogger logger, string path, string reason);
}
