using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>identities.listIdentities</c>: the live identities of the workspace, page by page. Each row of the page must be readable.</summary>
internal sealed class ListIdentities() : Operation<SearchRequest>(
    "/v2/identities.listIdentities",
    SchemaNode.Closed(
        SchemaProperty.Optional("limit", RequestSchemas.PageSize),
        SchemaProperty.Optional("cursor", RequestSchemas.AnyCursor),
        SchemaProperty.Optional("search", RequestSchemas.Search)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Lists identities in the order of their ids.",
        Permissions = ["identity.*.read_identity"],
        Example = """{"limit":100}""",
        Data = SchemaNode.ListOf(IdentityData.Schema),
        IsList = true,
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, SearchRequest request) =>
        context.ReadAsync(session => List(session, context, request));

    private static OperationResult List(StoreSession session, OperationContext context, SearchRequest request)
    {
        int size = (int)(request.Limit ?? Paging.DefaultSize);
        List<IdentityRow> rows = Rows(session, context, request, size + 1);
        foreach (IdentityRow row in rows.Take(size))
        {
            if (context.Deny(IdentityAccess.RequiredToRead(context, row.Id)) is { } denied)
            {
                return denied;
            }
        }

        return Paging.Page(rows, size, static row => row.Id, row => new IdentityData(row, session.RatelimitsOfIdentity(row.Id)));
    }

    private static List<IdentityRow> Rows(StoreSession session, OperationContext context, SearchRequest request, int count)
    {
        TextSearch search = new(request.Search);
        string cursor = request.Cursor ?? "";
        return search.IsEmpty
            ? session.ListIdentities(context.Caller.WorkspaceId, cursor, count)
            : session.SearchIdentities(context.Caller.WorkspaceId, cursor, count, (id, externalId) => search.Matches(id, externalId))
                .ConvertAll(id => session.FindIdentity(id)!);
    }
}
