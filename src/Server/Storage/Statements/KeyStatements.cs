using System;
using System.Collections.Generic;
using System.Data.Common;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about keys. Stateless.</summary>
internal static class KeyStatements
{
    /// <summary>The columns that <see cref="Map"/> reads, in its order.</summary>
    internal const string Columns = """
        SELECT id, workspace_id, keyspace_id, hash, start, name, identity_id, meta, enabled, expires_at, remaining, refill_amount,
            refill_day, for_workspace_id, last_used_at, created_at, updated_at, deleted_at IS NOT NULL, pending_migration_id, last_refill_at,
            environment, balance_serial, balance_spent
        FROM keys
        """;

    /// <summary>Finds a key that has not been deleted. Whether its API is live is the caller's question.</summary>
    public static KeyRow? FindKey(this StoreSession session, string id) =>
        session.First(Columns + " WHERE id = @id AND deleted_at IS NULL", Map, ("@id", id));

    /// <summary>Finds a key, deleted or not.</summary>
    public static KeyRow? FindStoredKey(this StoreSession session, string id) =>
        session.First(Columns + " WHERE id = @id", Map, ("@id", id));

    /// <summary>Finds a key that has not been deleted by the SHA-256 of its secret.</summary>
    public static KeyRow? FindKeyByHash(this StoreSession session, byte[] hash) =>
        session.First(Columns + " WHERE hash = @hash AND deleted_at IS NULL", Map, ("@hash", hash));

    /// <summary>Finds a key by the SHA-256 of its secret, deleted or not.</summary>
    public static KeyRow? FindStoredKeyByHash(this StoreSession session, byte[] hash) =>
        session.First(Columns + " WHERE hash = @hash", Map, ("@hash", hash));

    /// <summary>Makes a deleted key live and enabled again, without an expiry.</summary>
    public static void ReviveKey(this StoreSession session, string id)
    {
        session.Execute("UPDATE keys SET deleted_at = NULL, enabled = 1, expires_at = NULL WHERE id = @id", ("@id", id));
        session.Changes.Keys.Add(id);
    }

    /// <summary>Whether a key id is taken, also by a deleted key.</summary>
    public static bool IsKeyIdTaken(this StoreSession session, string id) =>
        session.Number("SELECT 1 FROM keys WHERE id = @id", ("@id", id)) is not null;

    /// <summary>Starts reading what verification needs of selected live keys, in the order of their ids, for the load at start.</summary>
    public static ColumnScan ScanKeys(this StoreSession session, IIdSelection keys) => session.Scan(
        $"""
        SELECT id, workspace_id, keyspace_id, hash, name, identity_id, meta, enabled, expires_at, remaining, for_workspace_id, environment,
            balance_serial, balance_spent
        FROM keys WHERE deleted_at IS NULL AND {keys.Condition("id")} ORDER BY id
        """,
        keys.Texts);

    /// <summary>About how many keys are stored, for the load at start: exact up to a limit, else a sixty-second part counted and taken for the whole.</summary>
    /// <param name="session">The session.</param>
    /// <param name="exactMax">Largest number that is exact.</param>
    /// <remarks>Counting ten million takes longer than a second. Ids are random characters, so the estimate is off by a few parts in a thousand there.</remarks>
    public static long EstimateKeys(this StoreSession session, long exactMax)
    {
        long counted = session.Number("SELECT count(*) FROM (SELECT 1 FROM keys LIMIT @limit)", ("@limit", exactMax + 1)) ?? 0;
        if (counted <= exactMax)
        {
            return counted;
        }

        IdRange sample = IdRange.Sample("key_");
        long sampled = session.Number("SELECT count(*) FROM keys WHERE id >= @from AND id < @to", ("@from", sample.From), ("@to", sample.To)) ?? 0;
        return Math.Max(counted, sampled * IdRange.SampleShare);
    }

    /// <summary>Root keys of a workspace in the order of their ids.</summary>
    /// <param name="session">The session.</param>
    /// <param name="workspaceId">Workspace that they manage.</param>
    /// <param name="cursor">First id that may be returned.</param>
    /// <param name="count">Most rows.</param>
    public static List<KeyRow> ListRootKeys(this StoreSession session, string workspaceId, string cursor, long count) => session.All(
        Columns + " WHERE for_workspace_id = @workspace AND id >= @cursor AND deleted_at IS NULL ORDER BY id LIMIT @count",
        Map,
        ("@workspace", workspaceId),
        ("@cursor", cursor),
        ("@count", count));

    /// <summary>Live keys of a keyspace in the order of their ids.</summary>
    /// <param name="session">The session.</param>
    /// <param name="keyspaceId">The keyspace.</param>
    /// <param name="cursor">First id that may be returned.</param>
    /// <param name="count">Most rows.</param>
    public static List<KeyRow> ListKeys(this StoreSession session, string keyspaceId, string cursor, int count) => session.All(
        Columns + " WHERE keyspace_id = @keyspace AND id >= @cursor AND deleted_at IS NULL ORDER BY id LIMIT @count",
        Map,
        ("@keyspace", keyspaceId),
        ("@cursor", cursor),
        ("@count", (long)count));

    /// <summary>As <see cref="ListKeys"/>, for the keys of one identity.</summary>
    public static List<KeyRow> ListKeysOfIdentity(this StoreSession session, string keyspaceId, string identityId, string cursor, int count) =>
        session.All(
            Columns + """
             WHERE identity_id = @identity AND keyspace_id = @keyspace AND deleted_at IS NULL AND id >= @cursor ORDER BY id LIMIT @count
            """,
            Map,
            ("@identity", identityId),
            ("@keyspace", keyspaceId),
            ("@cursor", cursor),
            ("@count", (long)count));

    /// <summary>Number of live keys of a keyspace, or of those of one identity in it.</summary>
    public static long CountKeysOf(this StoreSession session, string keyspaceId, string? identityId) => (identityId is null
        ? session.Number("SELECT count(*) FROM keys WHERE keyspace_id = @keyspace AND deleted_at IS NULL", ("@keyspace", keyspaceId))
        : session.Number(
            "SELECT count(*) FROM keys WHERE identity_id = @identity AND keyspace_id = @keyspace AND deleted_at IS NULL",
            ("@identity", identityId),
            ("@keyspace", keyspaceId))) ?? 0;

    /// <summary>Ids of the live keys linked to an identity.</summary>
    public static List<string> KeyIdsOfIdentity(this StoreSession session, string identityId) => session.All(
        "SELECT id FROM keys WHERE identity_id = @identity AND deleted_at IS NULL",
        static row => row.GetString(0),
        ("@identity", identityId));

    /// <summary>Adds a key.</summary>
    public static void InsertKey(this StoreSession session, KeyRow key)
    {
        session.Execute(
            """
            INSERT INTO keys (id, workspace_id, keyspace_id, hash, start, name, identity_id, meta, enabled, expires_at, remaining,
                refill_amount, refill_day, for_workspace_id, pending_migration_id, created_at, environment)
            VALUES (@id, @workspace, @keyspace, @hash, @start, @name, @identity, @meta, @enabled, @expires, @remaining,
                @amount, @day, @for, @migration, @now, @environment)
            """,
            ("@id", key.Id),
            ("@workspace", key.WorkspaceId),
            ("@keyspace", key.KeyspaceId),
            ("@hash", key.Hash),
            ("@start", key.Start),
            ("@name", key.Name),
            ("@identity", key.IdentityId),
            ("@meta", key.Meta),
            ("@enabled", key.IsEnabled ? 1L : 0L),
            ("@expires", key.ExpiresAtMs),
            ("@remaining", key.Remaining),
            ("@amount", key.RefillAmount),
            ("@day", key.RefillDay),
            ("@for", key.ForWorkspaceId),
            ("@migration", key.PendingMigrationId),
            ("@now", key.CreatedAtMs),
            ("@environment", key.Environment));
        session.Changes.Keys.Add(key.Id);
    }

    /// <summary>Writes the settings of a key, its balance excepted.</summary>
    public static void UpdateKey(this StoreSession session, KeyRow key, long nowMs)
    {
        session.Execute(
            """
            UPDATE keys SET name = @name, identity_id = @identity, meta = @meta, enabled = @enabled, expires_at = @expires,
                refill_amount = @amount, refill_day = @day, updated_at = @now
            WHERE id = @id
            """,
            ("@name", key.Name),
            ("@identity", key.IdentityId),
            ("@meta", key.Meta),
            ("@enabled", key.IsEnabled ? 1L : 0L),
            ("@expires", key.ExpiresAtMs),
            ("@amount", key.RefillAmount),
            ("@day", key.RefillDay),
            ("@now", nowMs),
            ("@id", key.Id));
        session.Changes.Keys.Add(key.Id);
    }

    /// <summary>Notes that a key was used. Not later than is stored changes nothing; nothing is published.</summary>
    /// <param name="session">The session.</param>
    /// <param name="id">Key id, UTF-8.</param>
    /// <param name="usedAtMs">Unix milliseconds.</param>
    public static void NoteUse(this StoreSession session, ReadOnlySpan<byte> id, long usedAtMs) => session
        .Repeated("UPDATE keys SET last_used_at = ?1 WHERE id = ?2 AND (last_used_at IS NULL OR last_used_at < ?1)")
        .Number(usedAtMs)
        .Text(id)
        .Run();

    /// <summary>Deletes a key softly.</summary>
    public static void DeleteKeySoftly(this StoreSession session, string id, long nowMs)
    {
        session.Execute("UPDATE keys SET deleted_at = @now WHERE id = @id AND deleted_at IS NULL", ("@now", nowMs), ("@id", id));
        session.Changes.Keys.Add(id);
    }

    /// <summary>Deletes a key for good, with its links and limits.</summary>
    public static void DeleteKeyForGood(this StoreSession session, KeyRow key)
    {
        session.Execute("DELETE FROM keys WHERE id = @id", ("@id", key.Id));
        session.Changes.Keys.Add(key.Id);
        session.Changes.RemovedHashes[key.Id] = key.Hash;
    }

    /// <summary>Maps the current row of <see cref="ScanKeys"/>; what verification does not need is left empty.</summary>
    /// <param name="row">The scan.</param>
    /// <param name="texts">Makes one string of the ids that many rows share.</param>
    public static KeyRow MapScanned(ColumnScan row, TextCache texts) => new()
    {
        Id = row.Text(0),
        WorkspaceId = texts.Get(row.Bytes(1)),
        KeyspaceId = texts.Get(row.Bytes(2)),
        Hash = row.Bytes(3).ToArray(),
        Start = "",
        Name = row.TextOrNull(4),
        IdentityId = row.TextOrNull(5),
        Meta = row.TextOrNull(6),
        IsEnabled = row.Int64(7) != 0,
        ExpiresAtMs = row.NumberOrNull(8),
        Remaining = row.NumberOrNull(9),
        ForWorkspaceId = row.IsNull(10) ? null : texts.Get(row.Bytes(10)),
        Environment = row.TextOrNull(11),
        BalanceSerial = row.Int64(12),
        BalanceSpent = row.Int64(13),
        CreatedAtMs = 0,
    };

    /// <summary>Whether the current row of <see cref="ScanKeys"/> says no more than the members below: what most rows of a large store are.</summary>
    public static bool IsPlainScanned(ColumnScan row) =>
        row.IsNull(5) && row.IsNull(6) && row.IsNull(9) && row.IsNull(10) && row.IsNull(11);

    /// <summary>Workspace id of the current row of <see cref="ScanKeys"/>.</summary>
    public static ReadOnlySpan<byte> WorkspaceScanned(ColumnScan row) => row.Bytes(1);

    /// <summary>Keyspace id of the current row of <see cref="ScanKeys"/>.</summary>
    public static ReadOnlySpan<byte> KeyspaceScanned(ColumnScan row) => row.Bytes(2);

    /// <summary>SHA-256 of the current row of <see cref="ScanKeys"/>.</summary>
    public static ReadOnlySpan<byte> HashScanned(ColumnScan row) => row.Bytes(3);

    /// <summary>Name of the current row of <see cref="ScanKeys"/>; empty for none.</summary>
    public static ReadOnlySpan<byte> NameScanned(ColumnScan row) => row.Bytes(4);

    /// <summary>Whether the key of the current row of <see cref="ScanKeys"/> may be used.</summary>
    public static bool IsEnabledScanned(ColumnScan row) => row.Int64(7) != 0;

    /// <summary>Expiry of the current row of <see cref="ScanKeys"/>; null for never.</summary>
    public static long? ExpiresScanned(ColumnScan row) => row.NumberOrNull(8);

    /// <summary>Maps a row of <see cref="Columns"/>.</summary>
    public static KeyRow Map(DbDataReader row) => new()
    {
        Id = row.GetString(0),
        WorkspaceId = row.GetString(1),
        KeyspaceId = row.GetString(2),
        Hash = row.GetFieldValue<byte[]>(3),
        Start = row.GetString(4),
        Name = row.Text(5),
        IdentityId = row.Text(6),
        Meta = row.Text(7),
        IsEnabled = row.Flag(8),
        ExpiresAtMs = row.Number(9),
        Remaining = row.Number(10),
        RefillAmount = row.Number(11),
        RefillDay = row.Number(12),
        ForWorkspaceId = row.Text(13),
        LastUsedAtMs = row.Number(14),
        CreatedAtMs = row.GetInt64(15),
        UpdatedAtMs = row.Number(16),
        IsDeleted = row.Flag(17),
        PendingMigrationId = row.Text(18),
        LastRefillAtMs = row.Number(19),
        Environment = row.Text(20),
        BalanceSerial = row.GetInt64(21),
        BalanceSpent = row.GetInt64(22),
    };
}
