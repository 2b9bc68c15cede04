using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>ratelimit.setOverride</c>: limit and duration of an identifier or of a pattern. Setting it again keeps its id, also after a deletion.</summary>
internal sealed class SetOverride() : Operation<SetOverrideRequest>(
    "/v2/ratelimit.setOverride",
    SchemaNode.Closed(
        SchemaProperty.Required("namespace", RequestSchemas.Namespace),
        SchemaProperty.Required("identifier", RequestSchemas.Identifier),
        SchemaProperty.Required("limit", SchemaNode.Integer(0).Described("Tokens in one duration; 0 denies everything.")),
        SchemaProperty.Required("duration", SchemaNode.Integer(1000).Described("Milliseconds."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Gives an identifier, or all that match a pattern, a limit and a duration of their own.",
        Permissions = ["ratelimit.*.set_override"],
        Example = """{"namespace":"emails","identifier":"*@example.com","limit":1000,"duration":60000}""",
        Data = FieldsData.Schema(("overrideId", "Id of the override; the same when it is set again.")),
        Refusals = [ErrorCode.NamespaceNotFound],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, SetOverrideRequest request) =>
        await context.WriteAsync(session => Set(session, context, request)).ConfigureAwait(false);

    /// <summary>Sets an override that the caller may set.</summary>
    internal static OperationResult Set(StoreSession session, OperationContext context, SetOverrideRequest request)
    {
        if (OverrideAccess.FindLive(session, context, request.Namespace) is not { } owner)
        {
            return OverrideAccess.NamespaceNotFound;
        }

        if (context.Deny(OverrideAccess.Required(owner.Id, "set_override")) is { } denied)
        {
            return denied;
        }

        OverrideRow row = new(Identifiers.New("rlor"), request.Identifier, request.Limit, request.Duration);
        string id = session.UpsertOverride(owner.Id, row, context.NowMs);
        new AuditTrail(context, session).Add(
            "ratelimit.set_override",
            new AuditResource("ratelimitOverride", id, request.Identifier),
            new AuditResource("ratelimitNamespace", owner.Id, owner.Name));
        return OperationResult.Success(new FieldsData(("overrideId", id)));
    }
}
