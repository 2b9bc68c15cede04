using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>identities.deleteIdentity</c>: leaves a tombstone. Its keys stay and have no identity from then on. The answer has no data.</summary>
internal sealed class DeleteIdentity() : Operation<IdentityRequest>(
    "/v2/identities.deleteIdentity",
    SchemaNode.Closed(SchemaProperty.Required("identity", RequestSchemas.IdentityIdOrExternalId)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Deletes an identity. Its keys stay and have none from then on.",
        Permissions = ["identity.*.delete_identity"],
        Example = """{"identity":"customer_7"}""",
        Data = null,
        Refusals = [ErrorCode.IdentityNotFound],
    };

    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, IdentityRequest request)
    {
        if (context.Deny(IdentityAccess.Required(context, "delete_identity")) is { } denied)
        {
            return denied;
        }

        // Found before the unit of work, so that of two calls at the same time both succeed, and a later one does not.
        IdentityRow? identity = await context.Services.Store
            .ReadAsync(session => IdentityAccess.Find(session, context, request.Identity), context.Request.Aborted).ConfigureAwait(false);
        return identity is null
            ? IdentityAccess.NotFound
            : await context.WriteAsync(session => Delete(session, context, identity.Id)).ConfigureAwait(false);
    }

    /// <summary>Leaves a tombstone of an identity, if it is still there.</summary>
    internal static OperationResult Delete(StoreSession session, OperationContext context, string id)
    {
        if (session.FindIdentity(id) is { } identity)
        {
            session.DeleteIdentity(identity, context.NowMs);
            AuditTrail audit = new(context, session, isCorrelated: true);
            audit.Add("identity.delete", "identity", identity.Id, identity.ExternalId);
            foreach (RatelimitRow limit in session.RatelimitsOfIdentity(identity.Id))
            {
                audit.Add("ratelimit.delete", "ratelimit", limit.Id, limit.Name);
            }
        }

        return OperationResult.WithoutData;
    }
}
