namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about the token that a clean stop leaves. Stateless.</summary>
internal static class SnapshotStatements
{
    /// <summary>The token; null when there has been a commit since the last clean stop.</summary>
    public static byte[]? SnapshotToken(this StoreSession session) =>
        session.First("SELECT token FROM key_snapshots", static row => row.GetFieldValue<byte[]>(0));
}
