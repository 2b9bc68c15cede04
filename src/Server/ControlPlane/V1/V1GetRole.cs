using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>permissions.getRole</c> of v1, which names a role by its id alone.</summary>
internal sealed class V1GetRole() : V1Operation<V1RoleRequest>(
    "permissions.getRole",
    SchemaNode.Open(SchemaProperty.Required("roleId", V1Schemas.Id)),
    V1RequestJson.Default,
    isRead: true)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1RoleRequest request) =>
        context.Deny("rbac.*.read_role") is { } denied
            ? denied
            : await context.ReadAsync(session => session.FindRole(context.Caller.WorkspaceId, request.RoleId) is { } role
                ? OperationResult.Success(new RoleData(role, []))
                : new ApiError(ErrorCode.RoleNotFound, $"role {request.RoleId} not found")).ConfigureAwait(false);
}
