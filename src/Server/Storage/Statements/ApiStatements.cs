using System.Collections.Generic;
using System.Data.Common;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about APIs and the keyspace of each. Stateless.</summary>
internal static class ApiStatements
{
    private const string Columns = """
        SELECT a.id, a.workspace_id, k.id, a.name, a.ip_allow_list, a.delete_protection, k.default_prefix, k.default_bytes,
            coalesce(k.store_encrypted_keys, 0), coalesce(k.key_checksum, 0), a.deleted_at IS NOT NULL
        FROM apis a LEFT JOIN keyspaces k ON k.id = a.keyspace_id AND k.deleted_at IS NULL
        """;

    /// <summary>Finds an API by its id, deleted or not.</summary>
    public static ApiRow? FindApi(this StoreSession session, string id) =>
        session.First(Columns + " WHERE a.id = @id", Map, ("@id", id));

    /// <summary>Finds the API that owns a keyspace, deleted or not.</summary>
    public static ApiRow? FindApiOfKeyspace(this StoreSession session, string keyspaceId) =>
        session.First(Columns + " WHERE a.keyspace_id = @keyspace", Map, ("@keyspace", keyspaceId));

    /// <summary>All APIs, deleted ones included, for the load at start.</summary>
    public static List<ApiRow> AllApis(this StoreSession session) => session.All(Columns + " ORDER BY a.id", Map);

    /// <summary>Adds an API over an existing keyspace.</summary>
    public static void InsertApi(this StoreSession session, string id, string workspaceId, string keyspaceId, string name, long nowMs)
    {
        session.Execute(
            "INSERT INTO apis (id, workspace_id, keyspace_id, name, delete_protection, created_at) VALUES (@id, @workspace, @keyspace, @name, 0, @now)",
            ("@id", id),
            ("@workspace", workspaceId),
            ("@keyspace", keyspaceId),
            ("@name", name),
            ("@now", nowMs));
        session.Changes.Apis.Add(id);
    }

    /// <summary>Writes every setting of an API and of its keyspace.</summary>
    public static void UpdateApi(this StoreSession session, ApiRow api, long nowMs)
    {
        session.Execute(
            "UPDATE apis SET name = @name, ip_allow_list = @list, delete_protection = @protection, updated_at = @now WHERE id = @id",
            ("@name", api.Name),
            ("@list", api.IpAllowList),
            ("@protection", api.IsDeleteProtected ? 1L : 0L),
            ("@now", nowMs),
            ("@id", api.Id));
        session.Execute(
            "UPDATE keyspaces SET default_prefix = @prefix, default_bytes = @bytes, store_encrypted_keys = @encrypted, key_checksum = @checksum WHERE id = @id",
            ("@prefix", api.DefaultPrefix),
            ("@bytes", api.DefaultBytes),
            ("@encrypted", api.StoresEncryptedKeys ? 1L : 0L),
            ("@checksum", api.HasKeyChecksums ? 1L : 0L),
            ("@id", api.KeyspaceId));
        session.Changes.Apis.Add(api.Id);
    }

    /// <summary>Deletes an API softly; its keys stay stored and stop verifying.</summary>
    public static void DeleteApi(this StoreSession session, string id, long nowMs)
    {
        session.Execute("UPDATE apis SET deleted_at = @now WHERE id = @id AND deleted_at IS NULL", ("@now", nowMs), ("@id", id));
        session.Changes.Apis.Add(id);
    }

    private static ApiRow Map(DbDataReader row) => new(
        row.GetString(0),
        row.GetString(1),
        row.Text(2),
        row.GetString(3),
        row.Text(4),
        row.Flag(5),
        row.Text(6),
        row.Number(7),
        row.Flag(8),
        row.Flag(9),
        row.Flag(10));
}
