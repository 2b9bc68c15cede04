using System;
using System.Collections.Generic;
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
    public static ColumnScan ScanIdentities(this StoreSession session) =>
        session.Scan(Columns + " WHERE deleted_at IS NULL ORDER BY id");

    /// <summary>Live identities of a workspace in the order of their ids.</summary>
    /// <param name="session">The session.</param>
    /// <param name="workspaceId">The workspace.</param>
    /// <param name="cursor">First id that may be returned.</param>
    /// <param name="count">Most rows.</param>
    public static List<IdentityRow> ListIdentities(this StoreSession session, string workspaceId, string cursor, int count) => session.All(
        Columns + " WHERE workspace_id = @workspace AND id >= @cursor AND deleted_at IS NULL ORDER BY id LIMIT @count",
        Map,
        ("@workspace", workspaceId),
        ("@cursor", cursor),
        ("@count", (long)count));

    /// <summary>Number of live identities of a workspace.</summary>
    public static long CountIdentities(this StoreSession session, string workspaceId) => session.Number(
        "SELECT count(*) FROM identities WHERE workspace_id = @workspace AND deleted_at IS NULL", ("@workspace", workspaceId)) ?? 0;

    /// <summary>As <see cref="ListIdentities"/>, but only ids, and only of those whose id or external id is wanted.</summary>
    /// <remarks>Reads on until it has enough; metadata, which may be large, is not read on the way.</remarks>
    public static List<string> SearchIdentities(
        this StoreSession session, string workspaceId, string cursor, int count, Func<string, string, bool> isWanted)
    {
        using DbDataReader rows = session.Stream(
            "SELECT id, external_id FROM identities WHERE workspace_id = @workspace AND id >= @cursor AND deleted_at IS NULL ORDER BY id",
            ("@workspace", workspaceId),
            ("@cursor", cursor));
        List<string> found = [];
        while (found.Count < count && rows.Read())
        {
            string id = rows.GetString(0);
            if (isWanted(id, rows.GetString(1)))
            {
                found.Add(id);
            }
        }

        return found;
    }

    /// <summary>Replaces the metadata of an identity, and names it as changed.</summary>
    public static void UpdateIdentity(this StoreSession session, IdentityRow identity, long nowMs)
    {
        session.Execute(
            "UPDATE identities SET meta = @meta, updated_at = @now WHERE id = @id",
            ("@meta", identity.Meta),
            ("@now", nowMs),
            ("@id", identity.Id));
        session.Changes.Identities.Add(identity.Id);
    }

    /// <summary>Turns an identity into the tombstone of its external id; an older tombstone goes for good, with its limits.</summary>
    public static void DeleteIdentity(this StoreSession session, IdentityRow identity, long nowMs)
    {
        // A key that still points at the older tombstone has had no identity since that one was deleted, and goes on having none.
        session.Execute(
            """
            UPDATE keys SET identity_id = NULL WHERE identity_id IN (
                SELECT id FROM identities WHERE workspace_id = @workspace AND external_id = @external AND deleted_at IS NOT NULL)
            """,
            ("@workspace", identity.WorkspaceId),
            ("@external", identity.ExternalId));
        session.Execute(
            "DELETE FROM identities WHERE workspace_id = @workspace AND external_id = @external AND deleted_at IS NOT NULL",
            ("@workspace", identity.WorkspaceId),
            ("@external", identity.ExternalId));
        session.Execute("UPDATE identities SET deleted_at = @now WHERE id = @id", ("@now", nowMs), ("@id", identity.Id));
        session.Changes.Identities.Add(identity.Id);
    }

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

    /// <summary>Maps the current row of <see cref="ScanIdentities"/>.</summary>
    public static IdentityRow MapScanned(ColumnScan row) =>
        new(row.Text(0), row.Text(1), row.Text(2), row.TextOrNull(3), row.Int64(4) != 0);

    private static IdentityRow Map(DbDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2), row.Text(3), row.Flag(4));
}
