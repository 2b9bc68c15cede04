using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>rootKeys.deleteRootKey</c>, an extension: revokes a root key of the caller's workspace at once; the caller's own included.</summary>
internal sealed class DeleteRootKey() : Operation<RootKeyIdRequest>(
    "/v2/rootKeys.deleteRootKey",
    SchemaNode.Closed(SchemaProperty.Required("keyId", RequestSchemas.KeyId.Described("Id of the root key."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Deletes a root key. It authenticates nothing any more.",
        Details = "An extension.",
        Permissions = ["root_key.*.delete_root_key"],
        Example = """{"keyId":"key_h3kU9xZv1"}""",
        Data = EmptyData.Schema,
        Refusals = [ErrorCode.KeyNotFound],
    };

    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, RootKeyIdRequest request) => context.WriteAsync(
        "root_key.*.delete_root_key",
        session =>
        {
            if (session.FindKey(request.KeyId) is not KeyRow key || key.ForWorkspaceId != context.Caller.WorkspaceId)
            {
                return KeyAccess.NotFound;
            }

            new AuditTrail(context, session).Add("root_key.delete", "root_key", key.Id, key.Name);
            session.DeleteKeySoftly(key.Id, context.NowMs);
            return OperationResult.Empty;
        });
}
