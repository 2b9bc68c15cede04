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

/// <summary><c>permissions.listRoles</c>: the roles of the workspace with their permissions, page by page.</summary>
internal sealed class ListRoles() : Operation<SearchRequest>(
    "/v2/permissions.listRoles",
    SchemaNode.Closed(
        SchemaProperty.Optional("limit", RequestSchemas.PageSize),
        SchemaProperty.Optional("cursor", RequestSchemas.Cursor),
        SchemaProperty.Optional("search", RequestSchemas.Search)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Lists roles in the order of their ids.",
        Permissions = ["rbac.*.read_role"],
        Example = """{"limit":50}""",
        Data = SchemaNode.ListOf(RoleData.Schema),
        IsList = true,
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, SearchRequest request) =>
        context.ReadAsync(PermissionExpression.Any("rbac.*.read_role"), session => List(session, context, request));

    private static OperationResult List(StoreSession session, OperationContext context, SearchRequest request)
    {
        TextSearch search = new(request.Search);
        int size = (int)(request.Limit ?? Paging.DefaultSize);
        List<RoleRow> rows = session.ListRoles(
            context.Caller.WorkspaceId, request.Cursor ?? "", size + 1, row => search.Matches(row.Id, row.Name, row.Description));
        return Paging.Page(rows, size, static row => row.Id, row => new RoleData(row, session.PermissionsOfRole(row.Id)));
    }
}
