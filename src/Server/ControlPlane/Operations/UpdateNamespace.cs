using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>ratelimit.updateNamespace</c>, an extension: how the limits of a namespace count. Another algorithm begins with fresh counts.</summary>
internal sealed class UpdateNamespace() : Operation<UpdateNamespaceRequest>(
    "/v2/ratelimit.updateNamespace",
    SchemaNode.Closed(
        SchemaProperty.Required("namespace", RequestSchemas.Namespace),
        SchemaProperty.Required("algorithm", SchemaNode.OneOf(LimitAlgorithmText.TokenBucket, LimitAlgorithmText.SlidingWindow).OrNull())),
    RequestJson.Default.UpdateNamespaceRequest)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, UpdateNamespaceRequest request) =>
        await context.WriteAsync(session =>
        {
            if (OverrideAccess.FindLive(session, context, request.Namespace) is not { } found)
            {
                return OverrideAccess.NamespaceNotFound;
            }

            if (context.Deny(OverrideAccess.Required(found.Id, "update_namespace")) is { } denied)
            {
                return denied;
            }

            session.SetNamespaceAlgorithm(found.Id, request.Algorithm, context.NowMs);
            new AuditTrail(context, session).Add("ratelimitNamespace.update", "ratelimitNamespace", found.Id, found.Name);
            return OperationResult.Empty;
        }).ConfigureAwait(false);
}
