using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>identities.deleteIdentity</c> of v1, which names an identity by its id alone.</summary>
internal sealed class V1DeleteIdentity() : V1Operation<V1IdentityIdRequest>(
    "identities.deleteIdentity",
    SchemaNode.Open(SchemaProperty.Required("identityId", SchemaNode.Text(1))),
    V1RequestJson.Default)
{
    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1IdentityIdRequest request) =>
        context.Deny(IdentityAccess.Required(context, "delete_identity")) is { } denied
            ? denied
            : await context.WriteAsync(session =>
                V1Access.Identity(session, context, request.IdentityId, externalId: null, out IdentityRow? identity) is { } refused
                    ? refused
                    : DeleteIdentity.Delete(session, context, identity!.Id)).ConfigureAwait(false);
}
