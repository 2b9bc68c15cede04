using System;
using Microsoft.Extensions.Logging;

namespace Unkey.Server.ControlPlane;

/// <summary>Log messages of the control plane. No key, digest or body ever appears in one.</summary>
internal static partial class ControlPlaneLog
{
    /// <summary>Progress of a long load.</summary>
    [LoggerMessage(EventId = 3100, Level = LogLevel.Information, Message = "Loading keys: {Loaded} of {Total}")]
    public static partial void Loading(ILogger logger, long loaded, long total);

    /// <summary>The tables are complete.</summary>
    [LoggerMessage(EventId = 3101, Level = LogLevel.Information, Message = "Loaded {Keys} keys and {Identities} identities in {ElapsedMs} ms")]
    public static partial void Loaded(ILogger logger, long keys, int identities, long elapsedMs);

    /// <summary>A handler failed in a way that nobody foresaw.</summary>
    [LoggerMessage(EventId = 3102, EventName = "OperationFault", Level = LogLevel.Error, Message = "Unexpected fault in {Path}, request {RequestId}")]
    public static partial void Fault(ILogger logger, string path, string requestId, Exception exception);

    /// <summary>A first start made a workspace.</summary>
    [LoggerMessage(EventId = 3103, Level = LogLevel.Information, Message = "First start: created workspace {WorkspaceId} and root key {KeyId}")]
    public static partial void Bootstrapped(ILogger logger, string workspaceId, string keyId);

    /// <summary>The given bootstrap root key was not known yet.</summary>
    [LoggerMessage(EventId = 3104, Level = LogLevel.Warning, Message = "The given root key replaces the bootstrap root key: {KeyId} is new, {PreviousKeyId} is deleted")]
    public static partial void BootstrapReplaced(ILogger logger, string keyId, string previousKeyId);

    /// <summary>A recoverable key could not be recovered.</summary>
    [LoggerMessage(EventId = 3106, Level = LogLevel.Error, Message = "Key {KeyId} cannot be decrypted with master key {EncryptionKeyId}: {Reason}")]
    public static partial void NotDecrypted(ILogger logger, string keyId, string encryptionKeyId, string reason);

    /// <summary>Stored keys are encrypted under a master key that was not given.</summary>
    [LoggerMessage(EventId = 3107, Level = LogLevel.Warning, Message = "Stored keys are encrypted under master key {EncryptionKeyId}, which is not among the given ones; they cannot be decrypted")]
    public static partial void MasterKeyMissing(ILogger logger, string encryptionKeyId);

    /// <summary>Balances were refilled.</summary>
    [LoggerMessage(EventId = 3108, Level = LogLevel.Information, Message = "Refilled {Keys} keys for {Date}")]
    public static partial void Refilled(ILogger logger, int keys, string date);

    /// <summary>A refill did not get through; it is tried again.</summary>
    [LoggerMessage(EventId = 3109, Level = LogLevel.Warning, Message = "Refilling balances failed; it is tried again")]
    public static partial void NotRefilled(ILogger logger, Exception exception);

    /// <summary>Last uses could not be written.</summary>
    [LoggerMessage(EventId = 3110, Level = LogLevel.Warning, Message = "Writing when {Count} keys were last used failed; each is noted again at its next use")]
    public static partial void LastUseNotWritten(ILogger logger, int count, Exception exception);

    /// <summary>A source sends unknown root keys in a flood. At most one line a source and minute.</summary>
    [LoggerMessage(EventId = 3111, Level = LogLevel.Warning, Message = "{Address} has sent {Count} unknown root keys within a minute; further ones are refused until it ends")]
    public static partial void AuthenticationThrottled(ILogger logger, string address, int count);

    /// <summary>Spent credits could not be written; they are kept in memory and tried again.</summary>
    [LoggerMessage(EventId = 3105, Level = LogLevel.Warning, Message = "Writing spent credits of {Count} keys failed; they are written again later")]
    public static partial void CreditsNotWritten(ILogger logger, int count, Exception exception);
}
