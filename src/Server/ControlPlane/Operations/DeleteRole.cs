using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>permissions.deleteRole</c>: for good. Every key that had it loses it at once; its permissions stay.</summary>
internal sealed class DeleteRole() : Operation<RoleRequest>(
    "/v2/permissions.deleteRole",
    SchemaNode.Closed(SchemaProperty.Required("role", RequestSchemas.RoleIdOrName)),
    RequestJson.Default.RoleRequest)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, RoleRequest request)
    {
        if (context.Deny(PermissionExpression.Any("rbac.*.delete_role")) is { } denied)
        {
            return denied;
        }

        return await context.WriteAsync(session =>
        {
            if (RbacAccess.FindRole(session, context, request.Role) is not { } role)
            {
                return RbacAccess.RoleNotFound;
            }

            session.DeleteRole(role.Id);
            new AuditTrail(context, session).Add("role.delete", "role", role.Id, role.Name);
            return OperationResult.Empty;
        }).ConfigureAwait(false);
    }
}
