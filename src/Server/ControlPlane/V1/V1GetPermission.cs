using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>permissions.getPermission</c> of v1, which names a permission by its id alone.</summary>
internal sealed class V1GetPermission() : V1Operation<V1PermissionRequest>(
    "permissions.getPermission",
    SchemaNode.Open(SchemaProperty.Required("permissionId", V1Schemas.Id)),
    V1RequestJson.Default,
    isRead: true)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1PermissionRequest request) =>
        context.Deny("rbac.*.read_permission") is { } denied
            ? denied
            : await context.ReadAsync(session => session.FindPermission(context.Caller.WorkspaceId, request.PermissionId) is { } permission
                ? OperationResult.Success(new PermissionData(permission))
                : new ApiError(ErrorCode.PermissionNotFound, $"permission {request.PermissionId} not found")).ConfigureAwait(false);
}
