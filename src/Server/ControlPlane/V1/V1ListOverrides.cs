using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>ratelimits.listOverrides</c> of v1.</summary>
internal sealed class V1ListOverrides() : V1Operation<V1ListOverridesRequest>(
    "ratelimits.listOverrides",
    SchemaNode.Open(
    [
        .. V1NamespaceRequest.NamespaceSchema,
        SchemaProperty.Optional("limit", SchemaNode.Integer(1, 100)),
        SchemaProperty.Optional("cursor", SchemaNode.Text()),
    ]),
    V1RequestJson.Default,
    isRead: true)
{
    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, V1ListOverridesRequest request) =>
        context.ReadAsync(session => List(session, context, request));

    private static OperationResult List(StoreSession session, OperationContext context, V1ListOverridesRequest request)
    {
        if (request.Namespace is not { } named)
        {
            return V1NamespaceRequest.NoNamespace;
        }

        if (OverrideAccess.FindLive(session, context, named) is not { } owner)
        {
            return request.NamespaceNotFound;
        }

        if (context.Deny(OverrideAccess.Required(owner.Id, "read_override")) is { } denied)
        {
            return denied;
        }

        int size = (int)(request.Limit ?? Paging.DefaultSize);
        string cursor = request.Cursor ?? "";
        return V1Paging.Page(
            "overrides",
            session.ListOverrides(owner.Id, cursor, V1Paging.RowsFor(size)),
            size,
            cursor,
            session.CountOverrides(owner.Id),
            static row => row.Id,
            static row => new V1OverrideData(row.Id, row.Identifier, row.Limit, row.DurationMs));
    }
}
