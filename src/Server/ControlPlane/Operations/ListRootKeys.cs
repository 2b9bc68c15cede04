using System.Collections.Generic;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>rootKeys.listRootKeys</c>, an extension: the root keys of the caller's workspace, without their secrets.</summary>
internal sealed class ListRootKeys() : Operation<ListRequest>(
    "/v2/rootKeys.listRootKeys",
    SchemaNode.Closed(
        SchemaProperty.Optional("limit", RequestSchemas.PageSize),
        SchemaProperty.Optional("cursor", RequestSchemas.Cursor)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Lists the root keys of the workspace in the order of their ids.",
        Details = "An extension.",
        Permissions = ["root_key.*.read_root_key"],
        Example = """{"limit":100}""",
        Data = SchemaNode.ListOf(RootKeyData.Schema),
        IsList = true,
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, ListRequest request) =>
        context.ReadAsync("root_key.*.read_root_key", session => List(session, context, request));

    private static OperationResult List(StoreSession session, OperationContext context, ListRequest request)
    {
        int size = (int)(request.Limit ?? Paging.DefaultSize);
        List<KeyRow> keys = session.ListRootKeys(context.Caller.WorkspaceId, request.Cursor ?? "", size + 1);
        return Paging.Page(keys, size, static key => key.Id, key => new RootKeyData(key, session.EffectiveSlugs(key.Id)));
    }
}
