using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>permissions.deleteRole</c>: for good. Every key that had it loses it at once; its permissions stay.</summary>
internal sealed class DeleteRole() : Operation<RoleRequest>(
    "/v2/permissions.deleteRole",
    SchemaNode.Closed(SchemaProperty.Required("role", RequestSchemas.RoleIdOrName)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Deletes a role. Keys lose it at once; its permissions stay.",
        Permissions = ["rbac.*.delete_role"],
        Example = """{"role":"accountant"}""",
        Data = EmptyData.Schema,
        Refusals = [ErrorCode.RoleNotFound],
    };

    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, RoleRequest request) =>
        context.WriteAsync(PermissionExpression.Any("rbac.*.delete_role"), session => Delete(session, context, request.Role));

    /// <summary>Deletes a role of the caller's workspace.</summary>
    internal static OperationResult Delete(StoreSession session, OperationContext context, string idOrName)
    {
        if (RbacAccess.FindRole(session, context, idOrName) is not { } role)
        {
            return RbacAccess.RoleNotFound;
        }

        session.DeleteRole(role.Id);
        new AuditTrail(context, session).Add("role.delete", "role", role.Id, role.Name);
        return OperationResult.Empty;
    }
}
