using System.Collections.Generic;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>permissions.createRole</c>: names are unique in a workspace, letter case ignored. Missing permissions are created with it.</summary>
internal sealed class CreateRole() : Operation<CreateRoleRequest>(
    "/v2/permissions.createRole",
    SchemaNode.Closed(
        SchemaProperty.Required("name", RequestSchemas.RoleName),
        SchemaProperty.Optional("description", SchemaNode.Text(0, 512).Described("What it is for.")),
        SchemaProperty.Optional("permissions", RequestSchemas.SlugsOfRole)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Creates a role: a set of permissions.",
        Details = "With permissions it takes rbac.*.add_permission_to_role as well, and rbac.*.create_permission when some are missing.",
        Permissions = ["rbac.*.create_role"],
        Example = """{"name":"accountant","permissions":["invoices.read"]}""",
        Data = FieldsData.Schema(("roleId", "Id of the new role.")),
        Refusals = [ErrorCode.RoleAlreadyExists],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, CreateRoleRequest request)
    {
        if (context.Deny(PermissionExpression.Any("rbac.*.create_role")) is { } denied)
        {
            return denied;
        }

        string[] slugs = request.Permissions ?? [];
        return slugs.Length > 0 && context.Deny("rbac.*.add_permission_to_role") is { } deniedLink
            ? deniedLink
            : await context.WriteAsync(session => Create(session, context, request, slugs)).ConfigureAwait(false);
    }

    /// <summary>Makes a role with permissions, unless there is one with this name.</summary>
    internal static OperationResult Create(StoreSession session, OperationContext context, CreateRoleRequest request, string[] slugs)
    {
        if (RbacAccess.AnyMissing(session, context, slugs) && context.Deny("rbac.*.create_permission") is { } denied)
        {
            return denied;
        }

        string workspaceId = context.Caller.WorkspaceId;
        string nameKey = Folding.Key(request.Name);
        if (session.FindRoleByNameKey(workspaceId, nameKey) is not null)
        {
            return OperationResult.Refused(
                ErrorCode.RoleAlreadyExists, $"A role with name '{request.Name}' already exists in this workspace");
        }

        AuditTrail audit = new(context, session, isCorrelated: slugs.Length > 0);
        List<PermissionRow> permissions = KeyLinks.EnsurePermissions(session, context, audit, slugs, isDescribed: false);
        string? description = string.IsNullOrEmpty(request.Description) ? null : request.Description;
        RoleRow role = new(Identifiers.New("role"), request.Name, description);
        session.InsertRole(role, workspaceId, nameKey, context.NowMs);
        audit.Add("role.create", "role", role.Id, role.Name);
        foreach (PermissionRow permission in permissions)
        {
            RbacAccess.Connect(session, context, audit, role, permission);
        }

        return OperationResult.Success(new FieldsData(("roleId", role.Id)));
    }
}
