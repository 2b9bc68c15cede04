using System.Globalization;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane;

/// <summary>Writes the audit entries of one call inside its unit of work: they are stored exactly when the change is.</summary>
internal sealed class AuditTrail
{
    /// <summary>Id and name of the actor of what nobody has asked for, such as refills.</summary>
    public const string ServerActor = "server";

    private const string UnnamedActor = "root key";

    private readonly OperationContext _context;
    private readonly StoreSession _session;
    private readonly string _actorName;
    private readonly string? _correlationId;

    /// <summary>Opens the trail of a call.</summary>
    /// <param name="context">The call.</param>
    /// <param name="session">The session of its unit of work.</param>
    /// <param name="isCorrelated">Whether the call may write several entries, which then share a correlation id.</param>
    public AuditTrail(OperationContext context, StoreSession session, bool isCorrelated = false)
    {
        _context = context;
        _session = session;
        _actorName = session.FindKey(context.Caller.KeyId)?.Name ?? UnnamedActor;
        _correlationId = isCorrelated ? Identifiers.New("cor") : null;
    }

    /// <summary>Adds the entry of a refill, which nobody has asked for: one for all keys of a workspace in a unit of work.</summary>
    /// <param name="session">The session of the unit of work.</param>
    /// <param name="workspaceId">The workspace.</param>
    /// <param name="keys">Number of keys refilled; which, their own records tell.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    public static void AddRefill(StoreSession session, string workspaceId, int keys, long nowMs) => session.InsertAudit(
        Identifiers.New("log"),
        new AuditRow(
            workspaceId,
            nowMs,
            "key.refill",
            ServerActor,
            ServerActor,
            "workspace",
            workspaceId,
            string.Create(CultureInfo.InvariantCulture, $"{keys} keys"),
            CorrelationId: null,
            ServerActor,
            RemoteAddress: null,
            UserAgent: null));

    /// <summary>Adds an entry about a record of the caller's workspace.</summary>
    /// <param name="name">Name of the event, for example <c>key.create</c>.</param>
    /// <param name="resourceType">Kind of the record.</param>
    /// <param name="resourceId">Its id.</param>
    /// <param name="resourceName">Its name, if it has one.</param>
    public void Add(string name, string resourceType, string resourceId, string? resourceName) =>
        Add(name, new AuditResource(resourceType, resourceId, resourceName));

    /// <summary>Adds an entry about a record, or about the link between two.</summary>
    /// <param name="name">Name of the event, for example <c>authorization.connect_role_and_permission</c>.</param>
    /// <param name="resource">The record.</param>
    /// <param name="other">The second record.</param>
    public void Add(string name, AuditResource resource, AuditResource? other = null) => _session.InsertAudit(
        Identifiers.New("log"),
        new AuditRow(
            _context.Caller.WorkspaceId,
            _context.NowMs,
            name,
            _context.Caller.KeyId,
            _actorName,
            resource.Type,
            resource.Id,
            resource.Name,
            _correlationId,
            _context.Request.RequestId,
            _context.Request.PeerAddress,
            _context.Request.UserAgent,
            other));
}
