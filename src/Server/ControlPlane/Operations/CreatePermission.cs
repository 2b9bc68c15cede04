using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>permissions.createPermission</c>: slugs are unique in a workspace, letter case ignored.</summary>
internal sealed class CreatePermission() : Operation<CreatePermissionRequest>(
    "/v2/permissions.createPermission",
    SchemaNode.Closed(
        SchemaProperty.Required("name", SchemaNode.Text(1, 512).Described("Name for people.")),
        SchemaProperty.Required("slug", RequestSchemas.Slug),
        SchemaProperty.Optional("description", SchemaNode.Text(0, 512).Described("What it is for."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Creates a permission.",
        Permissions = ["rbac.*.create_permission"],
        Example = """{"name":"Read invoices","slug":"invoices.read"}""",
        Data = FieldsData.Schema(("permissionId", "Id of the new permission.")),
        Refusals = [ErrorCode.PermissionAlreadyExists],
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, CreatePermissionRequest request) =>
        context.WriteAsync("rbac.*.create_permission", session => Create(session, context, request));

    /// <summary>Makes a permission, unless there is one with this slug.</summary>
    internal static OperationResult Create(StoreSession session, OperationContext context, CreatePermissionRequest request)
    {
        string slugKey = Folding.Key(request.Slug);
        if (session.FindPermissionBySlugKey(context.Caller.WorkspaceId, slugKey) is not null)
        {
            return OperationResult.Refused(
                ErrorCode.PermissionAlreadyExists, $"A permission with slug '{request.Slug}' already exists in this workspace");
        }

        string? description = string.IsNullOrEmpty(request.Description) ? null : request.Description;
        PermissionRow permission = new(Identifiers.New("perm"), request.Name, request.Slug, description);
        session.InsertPermission(permission, context.Caller.WorkspaceId, slugKey, context.NowMs);
        new AuditTrail(context, session).Add("permission.create", "permission", permission.Id, permission.Slug);
        return OperationResult.Success(new FieldsData(("permissionId", permission.Id)));
    }
}
