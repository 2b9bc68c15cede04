using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>permissions.createPermission</c> of v1: the slug is the name unless the request has one.</summary>
internal sealed class V1CreatePermission() : V1Operation<V1CreatePermissionRequest>(
    "permissions.createPermission",
    SchemaNode.Open(
        SchemaProperty.Required("name", SchemaNode.Text(3, 256, StringPattern.Slug)),
        SchemaProperty.Optional("slug", SchemaNode.Text(3, 256, StringPattern.Slug)),
        SchemaProperty.Optional("description", SchemaNode.Text(0, 512))),
    V1RequestJson.Default)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1CreatePermissionRequest request) =>
        context.Deny("rbac.*.create_permission") is { } denied
            ? denied
            : await context.WriteAsync(session => CreatePermission.Create(
                session, context, new CreatePermissionRequest(request.Name, request.Slug ?? request.Name, request.Description))).ConfigureAwait(false);
}
