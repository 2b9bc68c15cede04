using System.Data.Common;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about identities. Stateless.</summary>
internal static class IdentityStatements
{
    private const string Columns = "SELECT id, workspace_id, external_id, meta, deleted_at IS NOT NULL FROM identities";

    /// <summary>Finds a live identity by its id.</summary>
    public static IdentityRow? FindIdentity(this StoreSession session, string id) =>
        session.First(Columns + " WHERE id = @id AND deleted_at IS NULL", Map, ("@id", id));

    /// <summary>Finds a live identity of a workspace by the customer's own id; case-sensitive.</summary>
    public static IdentityRow? FindIdentityByExternalId(this StoreSession session, string workspaceId, string externalId) => session.First(
        Columns + " WHERE workspace_id = @workspace AND external_id = @external AND deleted_at IS NULL",
        Map,
        ("@workspace", workspaceId),
        ("@external", externalId));

    /// <summary>Starts reading all live identities in the order of their ids, for the load at start.</summary>
    public static DbDataReader StreamIdentities(this StoreSession session) =>
        session.Stream(Columns + " WHERE deleted_at IS NULL ORDER BY id");

    /// <summary>Adds an identity.</summary>
    public static void InsertIdentity(this StoreSession session, IdentityRow identity, long nowMs)
    {
        session.Execute(
            "INSERT INTO identities (id, workspace_id, external_id, meta, created_at) VALUES (@id, @workspace, @external, @meta, @now)",
            ("@id", identity.Id),
            ("@workspace", identity.WorkspaceId),
            ("@external", identity.ExternalId),
            ("@meta", identity.Meta),
            ("@now", nowMs));
        session.Changes.Identities.Add(identity.Id);
    }

    /// <summary>Maps the current row of <see cref="StreamIdentities"/>.</summary>
    public static IdentityRow Map(DbDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2), row.Text(3), row.Flag(4));
}
