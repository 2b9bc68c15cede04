using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>apis.createApi</c> of v1.</summary>
internal sealed class V1CreateApi() : V1Operation<CreateApiRequest>(
    "apis.createApi",
    SchemaNode.Open(SchemaProperty.Required("name", SchemaNode.Text(3, 256))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, CreateApiRequest request) =>
        context.Deny("api.*.create_api") is { } denied
            ? denied
            : await context.WriteAsync(session => CreateApi.Create(session, context, request.Name)).ConfigureAwait(false);
}
