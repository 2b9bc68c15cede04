using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>permissions.listRoles</c> of v1: all of them, as an array without pages.</summary>
internal sealed class V1ListRoles() : V1Operation<V1EmptyRequest>(
    "permissions.listRoles",
    SchemaNode.Open(),
    V1RequestJson.Default,
    isRead: true)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1EmptyRequest request) =>
        context.Deny("rbac.*.read_role") is { } denied
            ? denied
            : await context.ReadAsync(session => OperationResult.Success(new ListData(
                session.ListRoles(context.Caller.WorkspaceId, cursor: "", int.MaxValue, static _ => true)
                    .ConvertAll<IResponseData>(static role => new RoleData(role, []))))).ConfigureAwait(false);
}
