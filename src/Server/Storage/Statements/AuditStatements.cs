using System.Collections.Generic;
using System.Data.Common;
using System.Text;
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
            correlation_id, request_id, remote_address, user_agent, other_type, other_id, other_name)
        VALUES (@id, @workspace, @time, @event, @actor, @actor_name, @type, @resource, @resource_name, @correlation, @request, @address, @agent,
            @other_type, @other, @other_name)
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
        ("@agent", entry.UserAgent),
        ("@other_type", entry.Other?.Type),
        ("@other", entry.Other?.Id),
        ("@other_name", entry.Other?.Name));

    /// <summary>Entries of a workspace, newest first.</summary>
    /// <param name="session">The session.</param>
    /// <param name="workspaceId">The workspace.</param>
    /// <param name="filter">Which entries, and where to start.</param>
    /// <param name="count">Most rows.</param>
    public static List<AuditEntryRow> ListAudit(this StoreSession session, string workspaceId, AuditFilter filter, long count)
    {
        // Each condition is a constant, so there are at most 64 texts. A condition on an absent value would keep the index from being used.
        StringBuilder sql = new(
            """
            SELECT seq, id, workspace_id, time_ms, event, actor_id, actor_name, resource_type, resource_id, resource_name, correlation_id,
                request_id, remote_address, user_agent, other_type, other_id, other_name
            FROM audit_log WHERE workspace_id = @workspace
            """);
        List<(string Name, object? Value)> parameters = [("@workspace", workspaceId)];
        Where(filter.SinceMs, " AND time_ms >= @since", "@since");
        Where(filter.UntilMs, " AND time_ms < @until", "@until");
        Where(filter.Event, " AND event = @event", "@event");
        Where(filter.ActorId, " AND actor_id = @actor", "@actor");
        Where(filter.ResourceId, " AND (resource_id = @resource OR other_id = @resource)", "@resource");
        if (filter.FromSequence is { } sequence)
        {
            Where(filter.FromMs, " AND (time_ms, seq) <= (@from, @sequence)", "@from");
            parameters.Add(("@sequence", sequence));
        }

        sql.Append(" ORDER BY time_ms DESC, seq DESC LIMIT @count");
        parameters.Add(("@count", count));
        return session.All(sql.ToString(), Map, [.. parameters]);

        void Where(object? value, string condition, string name)
        {
            if (value is not null)
            {
                sql.Append(condition);
                parameters.Add((name, value));
            }
        }
    }

    private static AuditEntryRow Map(DbDataReader row) => new(
        row.GetInt64(0),
        row.GetString(1),
        new AuditRow(
            row.GetString(2),
            row.GetInt64(3),
            row.GetString(4),
            row.GetString(5),
            row.GetString(6),
            row.GetString(7),
            row.GetString(8),
            row.Text(9),
            row.Text(10),
            row.GetString(11),
            row.Text(12),
            row.Text(13),
            row.Text(15) is { } other ? new AuditResource(row.GetString(14), other, row.Text(16)) : null));
}
