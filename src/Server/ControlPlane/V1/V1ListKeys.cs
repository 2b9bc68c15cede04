using System.Collections.Generic;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>apis.listKeys</c> of v1: pages whose cursor is the last key that has been shown, and the number of all keys.</summary>
internal sealed class V1ListKeys() : V1Operation<V1ListKeysRequest>(
    "apis.listKeys",
    SchemaNode.Open(
        SchemaProperty.Required("apiId", V1Schemas.Id),
        SchemaProperty.Optional("limit", SchemaNode.Integer(1, 100)),
        SchemaProperty.Optional("cursor", SchemaNode.Text()),
        SchemaProperty.Optional("ownerId", SchemaNode.Text(1)),
        SchemaProperty.Optional("externalId", SchemaNode.Text(1)),
        SchemaProperty.Optional("decrypt", SchemaNode.Boolean),
        SchemaProperty.Optional("revalidateKeysCache", SchemaNode.Boolean)),
    V1RequestJson.Default,
    isRead: true)
{
    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, V1ListKeysRequest request) =>
        context.ReadAsync(session => List(session, context, request));

    private static OperationResult List(StoreSession session, OperationContext context, V1ListKeysRequest request)
    {
        ApiRow? api = ApiAccess.FindLive(session, context, request.ApiId);
        PermissionExpression required = ListKeys.Required(context, request.ApiId, api?.KeyspaceId ?? "");
        if (context.Deny(required) is { } denied)
        {
            return denied;
        }

        if (api is null)
        {
            return V1Access.ApiNotFound(request.ApiId);
        }

        if (api.KeyspaceId is not { } keyspaceId)
        {
            return OperationResult.Refused(ErrorCode.PreconditionFailed, $"api {api.Id} is not setup to handle keys");
        }

        if (request.Decrypt == true && V1Access.Undecryptable(ListKeys.NotDecryptable(context, api)) is { } refused)
        {
            return refused;
        }

        int size = (int)(request.Limit ?? Paging.DefaultSize);
        string cursor = request.Cursor ?? "";
        string? identityId = null;
        if ((request.ExternalId ?? request.OwnerId) is { } externalId)
        {
            identityId = session.FindIdentityByExternalId(context.Caller.WorkspaceId, externalId)?.Id;
            if (identityId is null)
            {
                return Page([], 0);
            }
        }

        return Page(ListKeys.Rows(session, keyspaceId, identityId, cursor, V1Paging.RowsFor(size)), session.CountKeysOf(keyspaceId, identityId));

        OperationResult Page(List<KeyRow> rows, long total) => V1Paging.Page(
            "keys",
            rows,
            size,
            cursor,
            total,
            static row => row.Id,
            row => new V1KeyData(ListKeys.Shown(session, context, row, request.Decrypt == true), api.Id));
    }
}
