namespace Unkey.Server.Storage.Rows;

/// <summary>One entry of the audit log, written in the transaction of the change it tells of. Immutable.</summary>
/// <param name="WorkspaceId">Workspace that was changed.</param>
/// <param name="TimeMs">Unix milliseconds.</param>
/// <param name="Event">Name of the event, for example <c>key.create</c>.</param>
/// <param name="ActorId">Key id of the root key.</param>
/// <param name="ActorName">Name of the root key, or <c>root key</c>.</param>
/// <param name="ResourceType">Kind of the changed record, for example <c>key</c>.</param>
/// <param name="ResourceId">Its id.</param>
/// <param name="ResourceName">Its name, if it has one.</param>
/// <param name="CorrelationId">Shared by the events of one request; <see langword="null"/> when there is only one.</param>
/// <param name="RequestId">Id of the request.</param>
/// <param name="RemoteAddress">Address of the caller.</param>
/// <param name="UserAgent">User-Agent of the caller.</param>
/// <param name="Other">Second record of an entry about a link, if it is one.</param>
internal sealed record AuditRow(
    string WorkspaceId,
    long TimeMs,
    string Event,
    string ActorId,
    string ActorName,
    string ResourceType,
    string ResourceId,
    string? ResourceName,
    string? CorrelationId,
    string RequestId,
    string? RemoteAddress,
    string? UserAgent,
    AuditResource? Other = null);
