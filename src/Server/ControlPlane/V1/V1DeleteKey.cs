using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>keys.deleteKey</c> of v1.</summary>
internal sealed class V1DeleteKey() : V1Operation<DeleteKeyRequest>(
    "keys.deleteKey",
    SchemaNode.Open(
        SchemaProperty.Required("keyId", V1Schemas.Id),
        SchemaProperty.Optional("permanent", SchemaNode.Boolean)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, DeleteKeyRequest request) => V1Access.Worded(
        await context.WriteAsync(session => DeleteKey.Delete(session, context, request)).ConfigureAwait(false),
        V1Access.KeyNotFound(request.KeyId));
}
