using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>identities.listIdentities</c> of v1. There is one environment here, so that parameter is ignored.</summary>
internal sealed class V1ListIdentities() : V1Operation<ListRequest>(
    "identities.listIdentities",
    SchemaNode.Open(
        SchemaProperty.Optional("limit", SchemaNode.Integer(1, 100)),
        SchemaProperty.Optional("cursor", SchemaNode.Text())),
    RequestJson.Default,
    isRead: true)
{
    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, ListRequest request) =>
        context.ReadAsync(session => List(session, context, request));

    private static OperationResult List(StoreSession session, OperationContext context, ListRequest request)
    {
        int size = (int)(request.Limit ?? Paging.DefaultSize);
        string cursor = request.Cursor ?? "";
        List<IdentityRow> rows = session.ListIdentities(context.Caller.WorkspaceId, cursor, V1Paging.RowsFor(size));
        foreach (IdentityRow row in rows.Take(size + 1))
        {
            if (context.Deny(IdentityAccess.RequiredToRead(context, row.Id)) is { } denied)
            {
                return denied;
            }
        }

        return V1Paging.Page(
            "identities",
            rows,
            size,
            cursor,
            session.CountIdentities(context.Caller.WorkspaceId),
            static row => row.Id,
            row => new V1IdentityData(row, session.RatelimitsOfIdentity(row.Id), HasMeta: false));
    }
}
