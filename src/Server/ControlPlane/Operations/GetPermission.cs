using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>permissions.getPermission</c>: a permission by its id or its slug.</summary>
internal sealed class GetPermission() : Operation<PermissionRequest>(
    "/v2/permissions.getPermission",
    SchemaNode.Closed(SchemaProperty.Required("permission", RequestSchemas.PermissionIdOrSlug)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Shows a permission.",
        Permissions = ["rbac.*.read_permission"],
        Example = """{"permission":"invoices.read"}""",
        Data = PermissionData.Schema,
        Refusals = [ErrorCode.PermissionNotFound],
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, PermissionRequest request) =>
        context.ReadAsync(
            PermissionExpression.Any("rbac.*.read_permission"),
            session => RbacAccess.FindPermission(session, context, request.Permission) is { } permission
                ? OperationResult.Success(new PermissionData(permission))
                : RbacAccess.PermissionNotFound);
}
