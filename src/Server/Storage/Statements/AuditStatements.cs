using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about the audit log. Stateless.</summary>
internal static class AuditStatements
{
    /// <summary>Adds an entry, in the transaction of the change.</summary>
    /// <param name="session">The session.</param>
    /// <param name="id">Id of the entry.</param>
    /// <param name="entry">What happened.</param>
    public static void InsertAudit(this StoreSession session, string id, AuditRow entry) => session.Execute(
        """
        INSERT INTO audit_log (id, workspace_id, time_ms, event, actor_id, actor_name, resource_type, resource_id, resource_name,
            correlation_id, request_id, remote_address, user_agent)
        VALUES (@id, @workspace, @time, @event, @actor, @actor_name, @type, @resource, @resource_name, @correlation, @request, @address, @agent)
        """,
        ("@id", id),
        ("@workspace", entry.WorkspaceId),
        ("@time", entry.TimeMs),
        ("@event", entry.Event),
        ("@actor", entry.ActorId),
        ("@actor_name", entry.ActorName),
        ("@type", entry.ResourceType),
        ("@resource", entry.ResourceId),
        ("@resource_name", entry.ResourceName),
        ("@correlation", entry.CorrelationId),
        ("@request", entry.RequestId),
        ("@address", entry.RemoteAddress),
        ("@agent", entry.UserAgent));
}
