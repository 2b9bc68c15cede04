using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about imports of keys by their hashes. Stateless.</summary>
internal static class MigrationStatements
{
    /// <summary>Finds a migration of a workspace.</summary>
    public static MigrationRow? FindMigration(this StoreSession session, string workspaceId, string id) => session.First(
        "SELECT id, algorithm FROM migrations WHERE workspace_id = @workspace AND id = @id",
        static row => new MigrationRow(row.GetString(0), row.GetString(1)),
        ("@workspace", workspaceId),
        ("@id", id));

    /// <summary>Adds a migration, unless the workspace has one with this id.</summary>
    /// <returns>Whether it is new.</returns>
    public static bool TryInsertMigration(this StoreSession session, MigrationRow migration, string workspaceId, long nowMs) => session.Execute(
        """
        INSERT INTO migrations (workspace_id, id, algorithm, created_at) VALUES (@workspace, @id, @algorithm, @now)
        ON CONFLICT (workspace_id, id) DO NOTHING
        """,
        ("@workspace", workspaceId),
        ("@id", migration.Id),
        ("@algorithm", migration.Algorithm),
        ("@now", nowMs)) == 1;

    /// <summary>Ends the migration of a key: from now on it is found by the hash of its whole text.</summary>
    /// <param name="session">The session.</param>
    /// <param name="key">The key as it was imported.</param>
    /// <param name="hash">SHA-256 of the whole key.</param>
    /// <param name="start">What may be shown of it.</param>
    public static void CompleteMigration(this StoreSession session, KeyRow key, byte[] hash, string start)
    {
        session.Execute(
            "UPDATE keys SET hash = @hash, start = @start, pending_migration_id = NULL WHERE id = @id",
            ("@hash", hash),
            ("@start", start),
            ("@id", key.Id));
        session.Changes.Keys.Add(key.Id);
        session.Changes.ReplacedHashes.TryAdd(key.Id, key.Hash);
    }
}
