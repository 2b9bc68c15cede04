using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>permissions.setRolePermissions</c>: the whole set of a role. Every key that has the role has it at once.</summary>
internal sealed class SetRolePermissions() : Operation<SetRolePermissionsRequest>(
    "/v2/permissions.setRolePermissions",
    SchemaNode.Closed(
        SchemaProperty.Required("roleId", SchemaNode.Text(3, 255, StringPattern.HyphenatedIdentifier).Described("Id of the role; a name is not looked up.")),
        SchemaProperty.Required("permissions", RequestSchemas.SlugsOfRole)),
    RequestJson.Default)
{
    private static readonly PermissionExpression s_required =
        PermissionExpression.All("rbac.*.add_permission_to_role", "rbac.*.remove_permission_from_role");

    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Makes the permissions of a role exactly these. Keys that have it follow at once.",
        Details = "Missing permissions are created, which takes rbac.*.create_permission as well.",
        Permissions = ["rbac.*.add_permission_to_role", "rbac.*.remove_permission_from_role"],
        Example = """{"roleId":"role_Xk2mQ9dLs","permissions":["invoices.read"]}""",
        Data = SchemaNode.ListOf(PermissionData.Schema).Described("All its permissions."),
        Refusals = [ErrorCode.RoleNotFound],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, SetRolePermissionsRequest request) =>
        context.Deny(s_required) is { } denied
            ? denied
            : await context.WriteAsync(session => Set(session, context, request)).ConfigureAwait(false);

    private static OperationResult Set(StoreSession session, OperationContext context, SetRolePermissionsRequest request)
    {
        if (session.FindRole(context.Caller.WorkspaceId, request.RoleId) is not { } role)
        {
            return RbacAccess.RoleNotFound;
        }

        PermissionExpression mayCreate = PermissionExpression.Any(
            "rbac.*.create_permission", context.Caller.Urn("rbac/permissions/*", "create_permission"));
        if (RbacAccess.AnyMissing(session, context, request.Permissions) && context.Deny(mayCreate) is { } denied)
        {
            return denied;
        }

        AuditTrail audit = new(context, session, isCorrelated: true);
        List<PermissionRow> wanted = KeyLinks.EnsurePermissions(session, context, audit, request.Permissions, isDescribed: false);
        Dictionary<string, PermissionRow> linked =
            session.PermissionsOfRole(role.Id).ToDictionary(static permission => permission.Id, StringComparer.Ordinal);
        bool isChanged = false;
        foreach (PermissionRow permission in wanted.Where(permission => !linked.Remove(permission.Id)))
        {
            RbacAccess.Connect(session, context, audit, role, permission);
            isChanged = true;
        }

        foreach (PermissionRow permission in linked.Values)
        {
            RbacAccess.Disconnect(session, audit, role, permission);
            isChanged = true;
        }

        if (isChanged)
        {
            session.TouchKeysOfRole(role.Id);
        }

        return OperationResult.Success(new ListData(wanted.ConvertAll(static permission => new PermissionData(permission))));
    }
}
