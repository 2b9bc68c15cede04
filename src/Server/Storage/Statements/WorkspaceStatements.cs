using System.Collections.Generic;
using System.Data.Common;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about workspaces and keyspaces, and the settings of the store itself. Stateless.</summary>
internal static class WorkspaceStatements
{
    /// <summary>Reads a setting of the store.</summary>
    public static string? FindMeta(this StoreSession session, string name) =>
        session.First("SELECT value FROM meta WHERE name = @name", static row => row.GetString(0), ("@name", name));

    /// <summary>Writes a setting of the store.</summary>
    public static void SetMeta(this StoreSession session, string name, string value) => session.Execute(
        "INSERT INTO meta (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        ("@name", name),
        ("@value", value));

    /// <summary>Finds a workspace that has not been deleted.</summary>
    public static WorkspaceRow? FindWorkspace(this StoreSession session, string id) => session.First(
        "SELECT id, name, enabled, created_at, api_limit FROM workspaces WHERE id = @id AND deleted_at IS NULL", Map, ("@id", id));

    /// <summary>All workspaces that have not been deleted, for the load at start.</summary>
    public static List<WorkspaceRow> AllWorkspaces(this StoreSession session) =>
        session.All("SELECT id, name, enabled, created_at, api_limit FROM workspaces WHERE deleted_at IS NULL ORDER BY id", Map);

    /// <summary>Adds a workspace.</summary>
    public static void InsertWorkspace(this StoreSession session, WorkspaceRow workspace)
    {
        session.Execute(
            "INSERT INTO workspaces (id, name, enabled, created_at) VALUES (@id, @name, @enabled, @now)",
            ("@id", workspace.Id),
            ("@name", workspace.Name),
            ("@enabled", workspace.IsEnabled ? 1L : 0L),
            ("@now", workspace.CreatedAtMs));
        session.Changes.Workspaces.Add(workspace.Id);
    }

    /// <summary>Enables or disables a workspace.</summary>
    public static void SetWorkspaceEnabled(this StoreSession session, string id, bool isEnabled)
    {
        session.Execute("UPDATE workspaces SET enabled = @enabled WHERE id = @id", ("@enabled", isEnabled ? 1L : 0L), ("@id", id));
        session.Changes.Workspaces.Add(id);
    }

    /// <summary>Sets how many API calls a minute a workspace may make.</summary>
    /// <param name="session">The session.</param>
    /// <param name="id">Workspace id.</param>
    /// <param name="limit">Calls a minute, or <see langword="null"/> for no limit.</param>
    public static void SetApiLimit(this StoreSession session, string id, long? limit)
    {
        session.Execute("UPDATE workspaces SET api_limit = @limit WHERE id = @id", ("@limit", limit), ("@id", id));
        session.Changes.Workspaces.Add(id);
    }

    /// <summary>Adds a keyspace with the defaults: no prefix, 16 bytes, no encrypted keys.</summary>
    public static void InsertKeyspace(this StoreSession session, string id, string workspaceId, long nowMs) => session.Execute(
        "INSERT INTO keyspaces (id, workspace_id, store_encrypted_keys, created_at) VALUES (@id, @workspace, 0, @now)",
        ("@id", id),
        ("@workspace", workspaceId),
        ("@now", nowMs));

    private static WorkspaceRow Map(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.Flag(2), row.GetInt64(3), row.Number(4));
}
