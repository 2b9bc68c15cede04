using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>ratelimits.setOverride</c> of v1.</summary>
internal sealed class V1SetOverride() : V1Operation<V1SetOverrideRequest>(
    "ratelimits.setOverride",
    SchemaNode.Open(
    [
        .. V1NamespaceRequest.NamespaceSchema,
        SchemaProperty.Required("identifier", SchemaNode.Text(3, 512)),
        SchemaProperty.Required("limit", SchemaNode.Integer(0)),
        SchemaProperty.Required("duration", SchemaNode.Integer(1000)),
    ]),
    V1RequestJson.Default)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1SetOverrideRequest request)
    {
        if (request.Namespace is not { } owner)
        {
            return V1NamespaceRequest.NoNamespace;
        }

        SetOverrideRequest wanted = new(owner, request.Identifier, request.Limit, request.Duration);
        return V1Access.Worded(
            await context.WriteAsync(session => SetOverride.Set(session, context, wanted)).ConfigureAwait(false), request.NamespaceNotFound);
    }
}
