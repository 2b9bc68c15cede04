using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>ratelimits.getOverride</c> of v1: the override that would apply to an identifier.</summary>
internal sealed class V1GetOverride() : V1Operation<V1OverrideRequest>(
    "ratelimits.getOverride",
    SchemaNode.Open([.. V1NamespaceRequest.NamespaceSchema, SchemaProperty.Required("identifier", SchemaNode.Text(1, 512))]),
    V1RequestJson.Default,
    isRead: true)
{
    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, V1OverrideRequest request) =>
        ValueTask.FromResult(Find(context, request));

    private static OperationResult Find(OperationContext context, V1OverrideRequest request)
    {
        if (request.Namespace is not { } owner)
        {
            return V1NamespaceRequest.NoNamespace;
        }

        OperationResult result = GetOverride.Find(context, new OverrideRequest(owner, request.Identifier));
        return result.Data is OverrideData found
            ? OperationResult.Success(new V1OverrideData(found.Id, found.Identifier, found.Limit, found.DurationMs))
            : V1Access.Worded(V1Access.Worded(result, request.NamespaceNotFound), request.OverrideNotFound);
    }
}
