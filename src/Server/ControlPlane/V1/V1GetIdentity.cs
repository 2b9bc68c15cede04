using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>identities.getIdentity</c> of v1: an identity by either of its names.</summary>
internal sealed class V1GetIdentity() : V1Operation<V1IdentityRequest>(
    "identities.getIdentity",
    SchemaNode.Open(
        SchemaProperty.Optional("identityId", SchemaNode.Text(1)),
        SchemaProperty.Optional("externalId", SchemaNode.Text(1))),
    V1RequestJson.Default,
    isRead: true)
{
    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, V1IdentityRequest request) =>
        context.ReadAsync(session =>
        {
            if (V1Access.Identity(session, context, request.IdentityId, request.ExternalId, out IdentityRow? identity) is { } refused)
            {
                return refused;
            }

            return context.Deny(IdentityAccess.RequiredToRead(context, identity!.Id)) is { } denied
                ? denied
                : OperationResult.Success(new V1IdentityData(identity, session.RatelimitsOfIdentity(identity.Id), HasMeta: true));
        });
}
