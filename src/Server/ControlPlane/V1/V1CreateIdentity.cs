using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>identities.createIdentity</c> of v1.</summary>
internal sealed class V1CreateIdentity() : V1Operation<V1CreateIdentityRequest>(
    "identities.createIdentity",
    SchemaNode.Open(
        SchemaProperty.Required("externalId", SchemaNode.Text(3, 255)),
        SchemaProperty.Optional("meta", V1Schemas.Meta),
        SchemaProperty.Optional("ratelimits", V1IdentityLimit.ListSchema)),
    V1RequestJson.Default)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1CreateIdentityRequest request)
    {
        if (context.Deny(IdentityAccess.Required(context, "create_identity")) is { } denied)
        {
            return denied;
        }

        string? meta = request.Meta is { } element ? MetaText.Compact(element) : null;
        return meta is not null && MetaText.CheckIdentitySize(meta) is { } tooLarge
            ? tooLarge
            : await context.WriteAsync(session => CreateIdentity.Create(
                session, context, request.ExternalId, meta, V1IdentityLimit.Translated(request.Ratelimits) ?? [])).ConfigureAwait(false);
    }
}
