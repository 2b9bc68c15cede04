using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>permissions.listPermissions</c> of v1: all of them, as an array without pages.</summary>
internal sealed class V1ListPermissions() : V1Operation<V1EmptyRequest>(
    "permissions.listPermissions",
    SchemaNode.Open(),
    V1RequestJson.Default,
    isRead: true)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1EmptyRequest request) =>
        context.Deny("rbac.*.read_permission") is { } denied
            ? denied
            : await context.ReadAsync(session => OperationResult.Success(new ListData(
                session.ListPermissions(context.Caller.WorkspaceId, cursor: "", int.MaxValue, static _ => true)
                    .ConvertAll<IResponseData>(static permission => new PermissionData(permission))))).ConfigureAwait(false);
}
