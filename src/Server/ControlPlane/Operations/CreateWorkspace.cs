using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>workspaces.createWorkspace</c>, an extension: a workspace and a root key with all permissions inside it.</summary>
/// <remarks>That root key cannot create workspaces: they are outside the one it manages, so this stays with the operator.</remarks>
internal sealed class CreateWorkspace() : Operation<CreateWorkspaceRequest>(
    "/v2/workspaces.createWorkspace",
    SchemaNode.Closed(SchemaProperty.Required("name", SchemaNode.Text(1, 256).Described("Name for people."))),
    RequestJson.Default)
{
    private const string RootKeyName = "workspace root key";

    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Creates a workspace, and a root key that manages all of it.",
        Details = "An extension, for the operator.",
        Permissions = [RootPermissions.CreateWorkspace],
        Example = """{"name":"staging"}""",
        Data = FieldsData.Schema(
            ("workspaceId", "Id of the new workspace."),
            ("rootKeyId", "Id of its root key."),
            ("rootKey", "The root key. Only its SHA-256 is stored.")),
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, CreateWorkspaceRequest request)
    {
        if (context.Deny(RootPermissions.CreateWorkspace) is { } denied)
        {
            return denied;
        }

        KeySecret secret = KeySecret.Create(RootKeyStore.SecretPrefix, RootKeyStore.SecretBytes);
        return await context.WriteAsync(session =>
        {
            WorkspaceRow workspace = new(Identifiers.New("ws"), request.Name, IsEnabled: true, context.NowMs);
            session.InsertWorkspace(workspace);
            string keyId = RootKeyStore.Insert(
                session,
                context.Services.Root,
                secret,
                workspace.Id,
                RootKeyName,
                expiresAtMs: null,
                RootPermissions.AllOf(workspace.Id),
                context.NowMs);
            new AuditTrail(context, session).Add("workspace.create", "workspace", workspace.Id, workspace.Name);
            return OperationResult.Success(
                new FieldsData(("workspaceId", workspace.Id), ("rootKeyId", keyId), ("rootKey", secret.Text)));
        }).ConfigureAwait(false);
    }
}
