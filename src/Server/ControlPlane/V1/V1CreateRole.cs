using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>permissions.createRole</c> of v1: a role without permissions.</summary>
internal sealed class V1CreateRole() : V1Operation<V1CreateRoleRequest>(
    "permissions.createRole",
    SchemaNode.Open(
        SchemaProperty.Required("name", SchemaNode.Text(3, 256, StringPattern.Slug)),
        SchemaProperty.Optional("description", SchemaNode.Text(0, 512))),
    V1RequestJson.Default)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1CreateRoleRequest request) =>
        context.Deny("rbac.*.create_role") is { } denied
            ? denied
            : await context.WriteAsync(session => CreateRole.Create(
                session, context, new CreateRoleRequest(request.Name, request.Description, null), [])).ConfigureAwait(false);
}
