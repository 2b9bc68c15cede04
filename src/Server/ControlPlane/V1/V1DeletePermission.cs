using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>permissions.deletePermission</c> of v1, which names a permission by its id alone.</summary>
internal sealed class V1DeletePermission() : V1Operation<V1PermissionRequest>(
    "permissions.deletePermission",
    SchemaNode.Open(SchemaProperty.Required("permissionId", V1Schemas.Id)),
    V1RequestJson.Default)
{
    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1PermissionRequest request) =>
        context.Deny("rbac.*.delete_permission") is { } denied
            ? denied
            : await context.WriteAsync(session => session.FindPermission(context.Caller.WorkspaceId, request.PermissionId) is { } permission
                ? DeletePermission.Delete(session, context, permission.Id)
                : new ApiError(ErrorCode.PermissionNotFound, $"permission {request.PermissionId} not found")).ConfigureAwait(false);
}
