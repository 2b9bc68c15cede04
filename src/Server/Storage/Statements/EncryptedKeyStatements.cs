using System.Collections.Generic;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about recoverable keys. Stateless.</summary>
internal static class EncryptedKeyStatements
{
    /// <summary>Finds the encrypted text of a key.</summary>
    public static EncryptedKeyRow? FindEncryptedKey(this StoreSession session, string keyId) => session.First(
        "SELECT key_id, encryption_key_id, wrapped_data_key, ciphertext FROM encrypted_keys WHERE key_id = @key",
        static row => new EncryptedKeyRow(row.GetString(0), row.GetString(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3)),
        ("@key", keyId));

    /// <summary>Whether a key can be recovered.</summary>
    public static bool IsRecoverable(this StoreSession session, string keyId) =>
        session.Number("SELECT 1 FROM encrypted_keys WHERE key_id = @key", ("@key", keyId)) is not null;

    /// <summary>Adds the encrypted text of a key.</summary>
    public static void InsertEncryptedKey(this StoreSession session, EncryptedKeyRow row, long nowMs) => session.Execute(
        """
        INSERT INTO encrypted_keys (key_id, encryption_key_id, wrapped_data_key, ciphertext, created_at)
        VALUES (@key, @encryption, @wrapped, @text, @now)
        """,
        ("@key", row.KeyId),
        ("@encryption", row.EncryptionKeyId),
        ("@wrapped", row.WrappedDataKey),
        ("@text", row.Ciphertext),
        ("@now", nowMs));

    /// <summary>Ids of all master keys that stored keys are encrypted under.</summary>
    public static List<string> EncryptionKeyIds(this StoreSession session) => session.All(
        "SELECT DISTINCT encryption_key_id FROM encrypted_keys ORDER BY 1", static row => row.GetString(0));
}
