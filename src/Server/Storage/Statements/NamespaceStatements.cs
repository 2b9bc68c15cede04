using System.Collections.Generic;
using System.Data.Common;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about rate-limit namespaces and their overrides. Stateless.</summary>
internal static class NamespaceStatements
{
    private const string Columns = "SELECT id, workspace_id, name, deleted_at IS NOT NULL, algorithm FROM ratelimit_namespaces";
    private const string OverrideColumns = "SELECT id, identifier, max_tokens, duration_ms FROM ratelimit_overrides";

    /// <summary>Finds a namespace by its id, deleted or not.</summary>
    public static NamespaceRow? FindNamespace(this StoreSession session, string id) =>
        session.First(Columns + " WHERE id = @id", Map, ("@id", id));

    /// <summary>Finds a namespace of a workspace by its name, deleted or not.</summary>
    public static NamespaceRow? FindNamespaceByName(this StoreSession session, string workspaceId, string name) => session.First(
        Columns + " WHERE workspace_id = @workspace AND name = @name", Map, ("@workspace", workspaceId), ("@name", name));

    /// <summary>Starts reading all namespaces in the order of their ids, for the load at start.</summary>
    public static ColumnScan ScanNamespaces(this StoreSession session) => session.Scan(Columns + " ORDER BY id");

    /// <summary>Starts reading all live overrides in the order of the namespace ids, for the load at start.</summary>
    public static ColumnScan ScanOverrides(this StoreSession session) => session.Scan(
        "SELECT namespace_id, id, identifier, max_tokens, duration_ms FROM ratelimit_overrides WHERE deleted_at IS NULL ORDER BY namespace_id");

    /// <summary>Adds a namespace.</summary>
    public static void InsertNamespace(this StoreSession session, NamespaceRow row, long nowMs)
    {
        session.Execute(
            "INSERT INTO ratelimit_namespaces (id, workspace_id, name, created_at) VALUES (@id, @workspace, @name, @now)",
            ("@id", row.Id),
            ("@workspace", row.WorkspaceId),
            ("@name", row.Name),
            ("@now", nowMs));
        session.Changes.Namespaces.Add(row.Id);
    }

    /// <summary>Sets how the limits of a namespace count.</summary>
    /// <param name="session">The session.</param>
    /// <param name="id">The namespace.</param>
    /// <param name="algorithm">Name of the algorithm, or <see langword="null"/> for the server's.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    public static void SetNamespaceAlgorithm(this StoreSession session, string id, string? algorithm, long nowMs)
    {
        session.Execute(
            "UPDATE ratelimit_namespaces SET algorithm = @algorithm, updated_at = @now WHERE id = @id",
            ("@algorithm", algorithm),
            ("@now", nowMs),
            ("@id", id));
        session.Changes.Namespaces.Add(id);
    }

    /// <summary>Deletes a namespace softly; it keeps its name.</summary>
    public static void DeleteNamespace(this StoreSession session, string id, long nowMs)
    {
        session.Execute("UPDATE ratelimit_namespaces SET deleted_at = @now WHERE id = @id", ("@now", nowMs), ("@id", id));
        session.Changes.Namespaces.Add(id);
    }

    /// <summary>Live overrides of a namespace in the order of their ids.</summary>
    /// <param name="session">The session.</param>
    /// <param name="namespaceId">The namespace.</param>
    /// <param name="cursor">First id that may be returned.</param>
    /// <param name="count">Most rows.</param>
    public static List<OverrideRow> ListOverrides(this StoreSession session, string namespaceId, string cursor, int count) => session.All(
        OverrideColumns + " WHERE namespace_id = @namespace AND deleted_at IS NULL AND id >= @cursor ORDER BY id LIMIT @count",
        MapOverride,
        ("@namespace", namespaceId),
        ("@cursor", cursor),
        ("@count", (long)count));

    /// <summary>Number of live overrides of a namespace.</summary>
    public static long CountOverrides(this StoreSession session, string namespaceId) => session.Number(
        "SELECT count(*) FROM ratelimit_overrides WHERE namespace_id = @namespace AND deleted_at IS NULL", ("@namespace", namespaceId)) ?? 0;

    /// <summary>Finds the live override of exactly this text; patterns are not evaluated.</summary>
    public static OverrideRow? FindOverride(this StoreSession session, string namespaceId, string identifier) => session.First(
        OverrideColumns + " WHERE namespace_id = @namespace AND identifier = @identifier AND deleted_at IS NULL",
        MapOverride,
        ("@namespace", namespaceId),
        ("@identifier", identifier));

    /// <summary>Adds an override, or gives the one of the same text new values and makes it live again; its id stays.</summary>
    /// <returns>The id of the override.</returns>
    public static string UpsertOverride(this StoreSession session, string namespaceId, OverrideRow row, long nowMs)
    {
        session.Execute(
            """
            INSERT INTO ratelimit_overrides (id, namespace_id, identifier, max_tokens, duration_ms, created_at)
            VALUES (@id, @namespace, @identifier, @limit, @duration, @now)
            ON CONFLICT (namespace_id, identifier) DO UPDATE
            SET max_tokens = excluded.max_tokens, duration_ms = excluded.duration_ms, updated_at = excluded.created_at, deleted_at = NULL
            """,
            ("@id", row.Id),
            ("@namespace", namespaceId),
            ("@identifier", row.Identifier),
            ("@limit", row.Limit),
            ("@duration", row.DurationMs),
            ("@now", nowMs));
        session.Changes.Overrides.Add((namespaceId, row.Identifier));
        return session.FindOverride(namespaceId, row.Identifier)!.Id;
    }

    /// <summary>Deletes an override softly.</summary>
    public static void DeleteOverride(this StoreSession session, string namespaceId, OverrideRow row, long nowMs)
    {
        session.Execute("UPDATE ratelimit_overrides SET deleted_at = @now WHERE id = @id", ("@now", nowMs), ("@id", row.Id));
        session.Changes.Overrides.Add((namespaceId, row.Identifier));
    }

    /// <summary>Maps the current row of <see cref="ScanNamespaces"/>.</summary>
    public static NamespaceRow MapScanned(ColumnScan row) => new(row.Text(0), row.Text(1), row.Text(2), row.Int64(3) != 0, row.TextOrNull(4));

    /// <summary>Maps a row of <see cref="ScanOverrides"/>, whose owner is in column 0.</summary>
    public static OverrideRow MapOwnedOverride(ColumnScan row) => new(row.Text(1), row.Text(2), row.Int64(3), row.Int64(4));

    private static NamespaceRow Map(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2), row.Flag(3), row.Text(4));

    private static OverrideRow MapOverride(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3));
}
