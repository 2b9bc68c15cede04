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
        SchemaProperty.Required("algorithm", SchemaNode.OneOf(LimitAlgorithmText.TokenBucket, LimitAlgorithmText.SlidingWindow).OrNull()
            .Described("How the limits of the namespace count; null for the algorithm of the server."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Chooses how the limits of a namespace count.",
        Details = "Counts begin afresh when the algorithm changes.",
        Permissions = ["ratelimit.*.update_namespace"],
        Example = """{"namespace":"emails","algorithm":"sliding-window"}""",
        Data = EmptyData.Schema,
        Refusals = [ErrorCode.NamespaceNotFound],
    };

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
