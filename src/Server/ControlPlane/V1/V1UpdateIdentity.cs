using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>identities.updateIdentity</c> of v1: absent members keep; metadata and limits replace what is stored as a whole.</summary>
internal sealed class V1UpdateIdentity() : V1Operation<V1UpdateIdentityRequest>(
    "identities.updateIdentity",
    SchemaNode.Open(
        SchemaProperty.Optional("identityId", SchemaNode.Text(1)),
        SchemaProperty.Optional("externalId", SchemaNode.Text(1)),
        SchemaProperty.Optional("meta", V1Schemas.Meta),
        SchemaProperty.Optional("ratelimits", V1IdentityLimit.ListSchema)),
    V1RequestJson.Default)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1UpdateIdentityRequest request)
    {
        if (context.Deny(IdentityAccess.Required(context, "update_identity")) is { } denied)
        {
            return denied;
        }

        RatelimitInput[]? limits = V1IdentityLimit.Translated(request.Ratelimits);
        if (UpdateIdentity.Repeated(limits) is { } name)
        {
            return OperationResult.Refused(V1ErrorCode.Conflict, $"ratelimit {name} is defined twice in the request");
        }

        string? meta = request.Meta is { } element ? MetaText.Compact(element) : null;
        return meta is not null && MetaText.CheckIdentitySize(meta) is { } tooLarge
            ? tooLarge
            : await context.WriteAsync(session => Update(session, context, request, meta, limits)).ConfigureAwait(false);
    }

    private static OperationResult Update(
        StoreSession session, OperationContext context, V1UpdateIdentityRequest request, string? meta, RatelimitInput[]? limits)
    {
        if (V1Access.Identity(session, context, request.IdentityId, request.ExternalId, out IdentityRow? identity) is { } refused)
        {
            return refused;
        }

        OperationResult result = UpdateIdentity.Update(session, context, new UpdateIdentityRequest(identity!.Id, request.Meta, limits), meta);
        return result.Error is null
            ? OperationResult.Success(new V1IdentityData(
                session.FindIdentity(identity.Id)!, session.RatelimitsOfIdentity(identity.Id), HasMeta: true))
            : result;
    }
}
