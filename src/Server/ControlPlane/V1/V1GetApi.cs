using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>apis.getApi</c> of v1.</summary>
internal sealed class V1GetApi() : V1Operation<ApiIdRequest>(
    "apis.getApi",
    SchemaNode.Open(SchemaProperty.Required("apiId", Requests.V1Schemas.Id)),
    RequestJson.Default,
    isRead: true)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, ApiIdRequest request) =>
        context.Deny(PermissionExpression.Any("api.*.read_api", $"api.{request.ApiId}.read_api")) is { } denied
            ? denied
            : await context.ReadAsync(session => ApiAccess.FindLive(session, context, request.ApiId) is { } api
                ? OperationResult.Success(new FieldsData(("id", api.Id), ("workspaceId", api.WorkspaceId), ("name", api.Name)))
                : V1Access.ApiNotFound(request.ApiId)).ConfigureAwait(false);
}
