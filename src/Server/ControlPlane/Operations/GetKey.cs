using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.getKey</c>: a key by its id.</summary>
internal sealed class GetKey() : Operation<GetKeyRequest>(
    "/v2/keys.getKey",
    SchemaNode.Closed(
        SchemaProperty.Required("keyId", RequestSchemas.KeyId),
        SchemaProperty.Optional("decrypt", SchemaNode.Boolean.Described("Shows a recoverable key in plain text."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Shows a key.",
        Details = "To decrypt it takes api.*.decrypt_key as well.",
        Permissions = ["api.*.read_key"],
        Example = """{"keyId":"key_MWsVoLbZy"}""",
        Data = KeyData.SchemaWithPlainText,
        Refusals = [ErrorCode.KeyNotFound, ErrorCode.PreconditionFailed],
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, GetKeyRequest request) =>
        context.ReadAsync(session => Find(session, context, request));

    private static OperationResult Find(StoreSession session, OperationContext context, GetKeyRequest request)
    {
        if (KeyAccess.Live(session, context, session.FindKey(request.KeyId)) is not (KeyRow key, ApiRow api))
        {
            return KeyAccess.NotFound;
        }

        if (context.Deny(KeyAccess.Required(context, key, api, "read_key")) is { } denied)
        {
            return denied;
        }

        KeyData shown = KeyAccess.Shown(session, context.Services.Engine, key);
        if (request.Decrypt != true)
        {
            return OperationResult.Success(shown);
        }

        return NotDecryptable(context, key, api) is { } refused
            ? refused
            : OperationResult.Success(shown with { PlainText = RecoverableKeys.PlainText(session, context, key.Id) });
    }

    /// <summary>Why the plain text of a key cannot be shown to the caller, or <see langword="null"/>.</summary>
    internal static ApiError? NotDecryptable(OperationContext context, KeyRow key, ApiRow api)
    {
        if (context.Services.Vault is null)
        {
            return RecoverableKeys.NoVault;
        }

        return context.Deny(KeyAccess.Required(context, key, api, "decrypt_key"))
            ?? (api.StoresEncryptedKeys ? null : RecoverableKeys.NotEnabled);
    }
}
