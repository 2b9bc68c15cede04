using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>ratelimit.deleteOverride</c>: softly, by its own text; patterns are not evaluated.</summary>
internal sealed class DeleteOverride() : Operation<OverrideRequest>(
    "/v2/ratelimit.deleteOverride",
    SchemaNode.Closed(
        SchemaProperty.Required("namespace", RequestSchemas.Namespace),
        SchemaProperty.Required("identifier", RequestSchemas.Identifier)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Deletes an override by its own text; patterns are not evaluated.",
        Permissions = ["ratelimit.*.delete_override"],
        Example = """{"namespace":"emails","identifier":"*@example.com"}""",
        Data = EmptyData.Schema,
        Refusals = [ErrorCode.NamespaceNotFound, ErrorCode.OverrideNotFound],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, OverrideRequest request) =>
        await context.WriteAsync(session => Delete(session, context, request)).ConfigureAwait(false);

    /// <summary>Deletes an override that the caller may delete.</summary>
    internal static OperationResult Delete(StoreSession session, OperationContext context, OverrideRequest request)
    {
        if (OverrideAccess.FindLive(session, context, request.Namespace) is not { } owner)
        {
            return OverrideAccess.NamespaceNotFound;
        }

        if (context.Deny(OverrideAccess.Required(owner.Id, "delete_override")) is { } denied)
        {
            return denied;
        }

        if (session.FindOverride(owner.Id, request.Identifier) is not { } row)
        {
            return OverrideAccess.OverrideNotFound;
        }

        session.DeleteOverride(owner.Id, row, context.NowMs);
        new AuditTrail(context, session).Add(
            "ratelimit.delete_override",
            new AuditResource("ratelimitOverride", row.Id, row.Identifier),
            new AuditResource("ratelimitNamespace", owner.Id, owner.Name));
        return OperationResult.Empty;
    }
}
