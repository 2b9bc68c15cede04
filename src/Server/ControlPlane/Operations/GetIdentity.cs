using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>identities.getIdentity</c>: an identity by either of its names. The look-up comes before the permission.</summary>
internal sealed class GetIdentity() : Operation<IdentityRequest>(
    "/v2/identities.getIdentity",
    SchemaNode.Closed(SchemaProperty.Required("identity", RequestSchemas.IdentityIdOrExternalId)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Shows an identity.",
        Permissions = ["identity.*.read_identity"],
        Example = """{"identity":"customer_7"}""",
        Data = IdentityData.Schema,
        Refusals = [ErrorCode.IdentityNotFound],
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, IdentityRequest request) =>
        context.ReadAsync(session =>
        {
            if (IdentityAccess.Find(session, context, request.Identity) is not IdentityRow identity)
            {
                return IdentityAccess.NotFound;
            }

            return context.Deny(IdentityAccess.RequiredToRead(context, identity.Id)) is { } denied
                ? denied
                : OperationResult.Success(new IdentityData(identity, session.RatelimitsOfIdentity(identity.Id)));
        });
}
