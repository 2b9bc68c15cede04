using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>keys.getKey</c> of v1. A key that the caller may not read is not found.</summary>
internal sealed class V1GetKey() : V1Operation<GetKeyRequest>(
    "keys.getKey",
    SchemaNode.Open(
        SchemaProperty.Required("keyId", V1Schemas.Id),
        SchemaProperty.Optional("decrypt", SchemaNode.Boolean)),
    RequestJson.Default,
    isRead: true)
{
    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, GetKeyRequest request) =>
        context.ReadAsync(session => Find(session, context, request));

    private static OperationResult Find(StoreSession session, OperationContext context, GetKeyRequest request)
    {
        if (KeyAccess.Live(session, context, session.FindKey(request.KeyId)) is not (KeyRow key, ApiRow api)
            || !context.Caller.May(KeyAccess.Required(context, key, api, "read_key")))
        {
            return V1Access.KeyNotFound(request.KeyId);
        }

        KeyData shown = KeyAccess.Shown(session, context.Services.Engine, key);
        if (request.Decrypt == true)
        {
            if (V1Access.Undecryptable(GetKey.NotDecryptable(context, key, api)) is { } refused)
            {
                return refused;
            }

            shown = shown with { PlainText = RecoverableKeys.PlainText(session, context, key.Id) };
        }

        return OperationResult.Success(new V1KeyData(shown, api.Id));
    }
}
