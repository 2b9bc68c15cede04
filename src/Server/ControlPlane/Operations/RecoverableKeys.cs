using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Encryption;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Keys that are stored encrypted, so that their plain text can be shown again. Stateless.</summary>
internal static class RecoverableKeys
{
    /// <summary>The answer where a master key is needed and the server has none.</summary>
    public static ApiError NoVault { get; } = new(ErrorCode.PreconditionFailed, "Vault hasn't been set up.");

    /// <summary>The answer where the API does not admit recoverable keys.</summary>
    public static ApiError NotEnabled { get; } = new(ErrorCode.PreconditionFailed, "This API does not support key encryption.");

    /// <summary>The permission to store keys of an API encrypted.</summary>
    public static PermissionExpression EncryptRequired(OperationContext context, ApiRow api) => PermissionExpression.Any(
        "api.*.encrypt_key", $"api.{api.Id}.encrypt_key", context.Caller.Urn($"keyspaces/{api.KeyspaceId}/keys/*", "encrypt_key"));

    /// <summary>Stores a new key encrypted, in the unit of work that stores the key.</summary>
    public static void Store(StoreSession session, OperationContext context, string keyId, KeySecret secret) =>
        session.InsertEncryptedKey(context.Services.Vault!.Encrypt(keyId, secret.Text), context.NowMs);

    /// <summary>The plain text of a key.</summary>
    /// <returns><see langword="null"/> when the key is not stored encrypted, or cannot be decrypted, which the log then tells.</returns>
    public static string? PlainText(StoreSession session, OperationContext context, string keyId)
    {
        if (context.Services.Vault is not KeyVault vault || session.FindEncryptedKey(keyId) is not { } row)
        {
            return null;
        }

        string? text = vault.Decrypt(row, out string? problem);
        if (problem is not null)
        {
            ControlPlaneLog.NotDecrypted(context.Services.Logger, keyId, row.EncryptionKeyId, problem);
        }

        return text;
    }
}
