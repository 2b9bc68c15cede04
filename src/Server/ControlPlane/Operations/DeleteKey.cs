using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.deleteKey</c>: softly, or with everything that hangs on the key. Either way it stops verifying at once.</summary>
internal sealed class DeleteKey() : Operation<DeleteKeyRequest>(
    "/v2/keys.deleteKey",
    SchemaNode.Closed(
        SchemaProperty.Required("keyId", RequestSchemas.KeyId),
        SchemaProperty.Optional("permanent", SchemaNode.Boolean.Described("Whether its record goes as well; else it stays, marked as deleted."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Deletes a key. It does not verify any more.",
        Permissions = ["api.*.delete_key"],
        Example = """{"keyId":"key_MWsVoLbZy"}""",
        Data = EmptyData.Schema,
        Refusals = [ErrorCode.KeyNotFound],
    };

    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, DeleteKeyRequest request) =>
        await context.WriteAsync(session => Delete(session, context, request)).ConfigureAwait(false);

    /// <summary>Deletes a key that the caller may delete.</summary>
    internal static OperationResult Delete(StoreSession session, OperationContext context, DeleteKeyRequest request)
    {
        if (!KeyAccess.TryFind(session, context, request.KeyId, "delete_key", out KeyRow? key, out ApiError? refused))
        {
            return refused;
        }

        if (request.Permanent == true)
        {
            session.DeleteKeyForGood(key);
        }
        else
        {
            session.DeleteKeySoftly(key.Id, context.NowMs);
        }

        new AuditTrail(context, session).Add("key.delete", "key", key.Id, key.Name);
        return OperationResult.Empty;
    }
}
