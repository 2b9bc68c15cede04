using System.Collections.Generic;
using System.Data.Common;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about the rate limits of keys and identities. The caller names the owner as changed. Stateless.</summary>
internal static class RatelimitStatements
{
    private const string Columns = "SELECT id, name, max_tokens, duration_ms, auto_apply FROM ratelimits";

    /// <summary>Limits of a key, by name.</summary>
    public static List<RatelimitRow> RatelimitsOfKey(this StoreSession session, string keyId) =>
        session.All(Columns + " WHERE key_id = @key ORDER BY name", Map, ("@key", keyId));

    /// <summary>Limits of an identity, by name.</summary>
    public static List<RatelimitRow> RatelimitsOfIdentity(this StoreSession session, string identityId) =>
        session.All(Columns + " WHERE identity_id = @identity ORDER BY name", Map, ("@identity", identityId));

    /// <summary>Starts reading the limits of selected keys in the order of the key ids: owner, then the limit.</summary>
    public static ColumnScan ScanKeyRatelimits(this StoreSession session, IIdSelection keys) => session.Scan(
        $"""
        SELECT key_id, id, name, max_tokens, duration_ms, auto_apply FROM ratelimits
        WHERE key_id IS NOT NULL AND {keys.Condition("key_id")} ORDER BY key_id, name
        """,
        keys.Texts);

    /// <summary>Starts reading all limits of identities in the order of the identity ids.</summary>
    public static ColumnScan ScanIdentityRatelimits(this StoreSession session) => session.Scan(
        "SELECT identity_id, id, name, max_tokens, duration_ms, auto_apply FROM ratelimits WHERE identity_id IS NOT NULL ORDER BY identity_id, name");

    /// <summary>Adds a limit to a key or to an identity.</summary>
    /// <param name="session">The session.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="workspaceId">Owning workspace.</param>
    /// <param name="keyId">The key, or <see langword="null"/>.</param>
    /// <param name="identityId">The identity, or <see langword="null"/>.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    public static void InsertRatelimit(
        this StoreSession session, RatelimitRow limit, string workspaceId, string? keyId, string? identityId, long nowMs) => session.Execute(
        """
        INSERT INTO ratelimits (id, workspace_id, key_id, identity_id, name, max_tokens, duration_ms, auto_apply, created_at)
        VALUES (@id, @workspace, @key, @identity, @name, @limit, @duration, @auto, @now)
        """,
        ("@id", limit.Id),
        ("@workspace", workspaceId),
        ("@key", keyId),
        ("@identity", identityId),
        ("@name", limit.Name),
        ("@limit", limit.Limit),
        ("@duration", limit.DurationMs),
        ("@auto", limit.AutoApply ? 1L : 0L),
        ("@now", nowMs));

    /// <summary>Gives a limit new values; its id and name stay.</summary>
    public static void UpdateRatelimit(this StoreSession session, RatelimitRow limit, long nowMs) => session.Execute(
        "UPDATE ratelimits SET max_tokens = @limit, duration_ms = @duration, auto_apply = @auto, updated_at = @now WHERE id = @id",
        ("@limit", limit.Limit),
        ("@duration", limit.DurationMs),
        ("@auto", limit.AutoApply ? 1L : 0L),
        ("@now", nowMs),
        ("@id", limit.Id));

    /// <summary>Removes a limit.</summary>
    public static void DeleteRatelimit(this StoreSession session, string id) =>
        session.Execute("DELETE FROM ratelimits WHERE id = @id", ("@id", id));

    /// <summary>Maps a row whose owner is in column 0 and whose limit starts at column 1.</summary>
    public static RatelimitRow MapOwned(ColumnScan row) =>
        new(row.Text(1), row.Text(2), row.Int64(3), row.Int64(4), row.Int64(5) != 0);

    private static RatelimitRow Map(DbDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.Flag(4));
}
