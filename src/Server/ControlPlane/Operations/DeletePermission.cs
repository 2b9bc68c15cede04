using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>permissions.deletePermission</c>: for good. Every key and role that had it loses it at once.</summary>
internal sealed class DeletePermission() : Operation<PermissionRequest>(
    "/v2/permissions.deletePermission",
    SchemaNode.Closed(SchemaProperty.Required("permission", RequestSchemas.PermissionIdOrSlug)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Deletes a permission. Keys and roles lose it at once.",
        Permissions = ["rbac.*.delete_permission"],
        Example = """{"permission":"invoices.read"}""",
        Data = EmptyData.Schema,
        Refusals = [ErrorCode.PermissionNotFound],
    };

    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, PermissionRequest request) =>
        context.WriteAsync(PermissionExpression.Any("rbac.*.delete_permission"), session => Delete(session, context, request.Permission));

    /// <summary>Deletes a permission of the caller's workspace.</summary>
    internal static OperationResult Delete(StoreSession session, OperationContext context, string idOrSlug)
    {
        if (RbacAccess.FindPermission(session, context, idOrSlug) is not { } permission)
        {
            return RbacAccess.PermissionNotFound;
        }

        session.DeletePermission(permission.Id);
        new AuditTrail(context, session).Add("permission.delete", "permission", permission.Id, permission.Slug);
        return OperationResult.Empty;
    }
}
