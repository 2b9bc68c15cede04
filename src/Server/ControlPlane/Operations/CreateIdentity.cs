using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>identities.createIdentity</c>: a user or tenant of the customer. The body is open, as in the reference.</summary>
internal sealed class CreateIdentity() : Operation<CreateIdentityRequest>(
    "/v2/identities.createIdentity",
    SchemaNode.Open(
        SchemaProperty.Required("externalId", RequestSchemas.ExternalId),
        SchemaProperty.Optional("meta", RequestSchemas.Meta),
        SchemaProperty.Optional("ratelimits", RequestSchemas.Ratelimits)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Creates an identity: the user or tenant behind one or more keys.",
        Permissions = ["identity.*.create_identity"],
        Example = """{"externalId":"customer_7","meta":{"plan":"pro"}}""",
        Data = FieldsData.Schema(("identityId", "Id of the new identity.")),
        Refusals = [ErrorCode.IdentityAlreadyExists],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, CreateIdentityRequest request)
    {
        if (context.Deny(IdentityAccess.Required(context, "create_identity")) is { } denied)
        {
            return denied;
        }

        string? meta = request.Meta is { } element ? MetaText.Compact(element) : null;
        if (meta is not null && MetaText.CheckIdentitySize(meta) is { } tooLarge)
        {
            return tooLarge;
        }

        return await context.WriteAsync(
            session => Create(session, context, request.ExternalId, meta, request.Ratelimits ?? [])).ConfigureAwait(false);
    }

    /// <summary>Makes an identity, unless there is one with this external id.</summary>
    internal static OperationResult Create(
        StoreSession session, OperationContext context, string externalId, string? meta, RatelimitInput[] limits)
    {
        if (session.FindIdentityByExternalId(context.Caller.WorkspaceId, externalId) is not null)
        {
            return OperationResult.Refused(
                ErrorCode.IdentityAlreadyExists, $"Identity with externalId '{externalId}' already exists in this workspace.");
        }

        IdentityRow identity = new(Identifiers.New("id"), context.Caller.WorkspaceId, externalId, meta, IsDeleted: false);
        session.InsertIdentity(identity, context.NowMs);
        KeyLinks.ReplaceRatelimits(session, context, [], limits, keyId: null, identity.Id);
        AuditTrail audit = new(context, session, isCorrelated: true);
        audit.Add("identity.create", "identity", identity.Id, identity.ExternalId);
        foreach (RatelimitRow limit in session.RatelimitsOfIdentity(identity.Id))
        {
            audit.Add("ratelimit.create", "ratelimit", limit.Id, limit.Name);
        }

        return OperationResult.Success(new FieldsData(("identityId", identity.Id)));
    }
}
