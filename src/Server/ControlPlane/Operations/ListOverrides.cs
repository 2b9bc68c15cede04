using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>ratelimit.listOverrides</c>: the live overrides of a namespace, page by page.</summary>
internal sealed class ListOverrides() : Operation<ListOverridesRequest>(
    "/v2/ratelimit.listOverrides",
    SchemaNode.Closed(
        SchemaProperty.Required("namespace", RequestSchemas.Namespace),
        SchemaProperty.Optional("cursor", RequestSchemas.AnyCursor),
        SchemaProperty.Optional("limit", RequestSchemas.PageSize)),
    RequestJson.Default)
{
    private const int DefaultPageSize = 50;

    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Lists the overrides of a namespace in the order of their ids.",
        Permissions = ["ratelimit.*.read_override"],
        Example = """{"namespace":"emails"}""",
        Data = SchemaNode.ListOf(OverrideData.Schema),
        IsList = true,
        Refusals = [ErrorCode.NamespaceNotFound],
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, ListOverridesRequest request) =>
        context.ReadAsync(session => List(session, context, request));

    private static OperationResult List(StoreSession session, OperationContext context, ListOverridesRequest request)
    {
        if (OverrideAccess.FindLive(session, context, request.Namespace) is not { } owner)
        {
            return OverrideAccess.NamespaceNotFound;
        }

        if (context.Deny(OverrideAccess.Required(owner.Id, "read_override")) is { } denied)
        {
            return denied;
        }

        int size = (int)(request.Limit ?? DefaultPageSize);
        return Paging.Page(
            session.ListOverrides(owner.Id, request.Cursor ?? "", size + 1),
            size,
            static row => row.Id,
            static row => new OverrideData(row.Id, row.Identifier, row.Limit, row.DurationMs));
    }
}
