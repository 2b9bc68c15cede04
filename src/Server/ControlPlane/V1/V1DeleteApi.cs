using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>apis.deleteApi</c> of v1.</summary>
internal sealed class V1DeleteApi() : V1Operation<ApiIdRequest>(
    "apis.deleteApi",
    SchemaNode.Open(SchemaProperty.Required("apiId", Requests.V1Schemas.Id)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, ApiIdRequest request) =>
        context.Deny(PermissionExpression.Any("api.*.delete_api", $"api.{request.ApiId}.delete_api")) is { } denied
            ? denied
            : V1Access.Worded(
                await context.WriteAsync(session => DeleteApi.Delete(session, context, request.ApiId)).ConfigureAwait(false),
                V1Access.ApiNotFound(request.ApiId));
}
