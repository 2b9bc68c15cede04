using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>permissions.deleteRole</c> of v1, which names a role by its id alone.</summary>
internal sealed class V1DeleteRole() : V1Operation<V1RoleRequest>(
    "permissions.deleteRole",
    SchemaNode.Open(SchemaProperty.Required("roleId", V1Schemas.Id)),
    V1RequestJson.Default)
{
    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1RoleRequest request) =>
        context.Deny("rbac.*.delete_role") is { } denied
            ? denied
            : await context.WriteAsync(session => session.FindRole(context.Caller.WorkspaceId, request.RoleId) is { } role
                ? DeleteRole.Delete(session, context, role.Id)
                : new ApiError(ErrorCode.RoleNotFound, $"role {request.RoleId} not found")).ConfigureAwait(false);
}
