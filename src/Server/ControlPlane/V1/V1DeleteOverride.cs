using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>ratelimits.deleteOverride</c> of v1: by its own text; patterns are not evaluated.</summary>
internal sealed class V1DeleteOverride() : V1Operation<V1OverrideRequest>(
    "ratelimits.deleteOverride",
    SchemaNode.Open([.. V1NamespaceRequest.NamespaceSchema, SchemaProperty.Required("identifier", SchemaNode.Text(1, 512))]),
    V1RequestJson.Default)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1OverrideRequest request)
    {
        if (request.Namespace is not { } owner)
        {
            return V1NamespaceRequest.NoNamespace;
        }

        OverrideRequest wanted = new(owner, request.Identifier);
        OperationResult result = await context.WriteAsync(session => DeleteOverride.Delete(session, context, wanted)).ConfigureAwait(false);
        return V1Access.Worded(V1Access.Worded(result, request.NamespaceNotFound), request.OverrideNotFound);
    }
}
