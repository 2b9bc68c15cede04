using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>permissions.getRole</c>: a role by its id or its name, with its permissions.</summary>
internal sealed class GetRole() : Operation<RoleRequest>(
    "/v2/permissions.getRole",
    SchemaNode.Closed(SchemaProperty.Required("role", RequestSchemas.RoleIdOrName)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Shows a role and its permissions.",
        Permissions = ["rbac.*.read_role"],
        Example = """{"role":"accountant"}""",
        Data = RoleData.Schema,
        Refusals = [ErrorCode.RoleNotFound],
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, RoleRequest request) =>
        context.ReadAsync(
            PermissionExpression.Any("rbac.*.read_role"),
            session => RbacAccess.FindRole(session, context, request.Role) is { } role
                ? OperationResult.Success(new RoleData(role, session.PermissionsOfRole(role.Id)))
                : RbacAccess.RoleNotFound);
}
