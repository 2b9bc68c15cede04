using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>workspaces.updateWorkspace</c>, an extension: how many API calls a minute a workspace may make.</summary>
/// <remarks>For the operator, like the creation of workspaces: it reaches every workspace but the one that holds the root keys.</remarks>
internal sealed class UpdateWorkspace() : Operation<UpdateWorkspaceRequest>(
    "/v2/workspaces.updateWorkspace",
    SchemaNode.Closed(
        SchemaProperty.Optional(
            "workspaceId", SchemaNode.Text(3, 255, StringPattern.Identifier).Described("Id of the workspace; that of the caller when absent.")),
        SchemaProperty.Optional(
            "apiLimit", SchemaNode.Integer(0, int.MaxValue).OrNull().Described("API calls that it may make in a minute; null for any number."))),
    RequestJson.Default)
{
    private static readonly ApiError s_notFound = new(ErrorCode.WorkspaceNotFound, "The requested workspace does not exist.");

    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Changes a workspace. Absent members keep what is stored.",
        Details = "An extension, for the operator.",
        Permissions = [RootPermissions.UpdateWorkspace],
        Example = """{"workspaceId":"ws_BNNRLsYS9","apiLimit":1000}""",
        Data = EmptyData.Schema,
    };

    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => body.TryGetProperty("enabled", out JsonElement enabled) && enabled.ValueKind == JsonValueKind.False;

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, UpdateWorkspaceRequest request)
    {
        if (context.Deny(RootPermissions.UpdateWorkspace) is { } denied)
        {
            return denied;
        }

        string id = request.WorkspaceId ?? context.Caller.WorkspaceId;
        return await context.WriteAsync(session =>
        {
            if (id == context.Services.Root.WorkspaceId || session.FindWorkspace(id) is not { } workspace)
            {
                return s_notFound;
            }

            if (request.ApiLimit.IsPresent)
            {
                session.SetApiLimit(id, request.ApiLimit.HasValue ? request.ApiLimit.Value : null);
                new AuditTrail(context, session).Add("workspace.update", "workspace", workspace.Id, workspace.Name);
            }

            return OperationResult.Empty;
        }).ConfigureAwait(false);
    }
}
