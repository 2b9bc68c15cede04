using System.Collections.Generic;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.setPermissions</c>: makes the direct permissions of a key exactly these, creating missing ones for a caller that may.</summary>
internal sealed class SetPermissions() : Operation<KeyPermissionsRequest>(
    "/v2/keys.setPermissions",
    SchemaNode.Closed(
        SchemaProperty.Required("keyId", RequestSchemas.KeyId),
        SchemaProperty.Required("permissions", SchemaNode.ListOf(RequestSchemas.Slug).Described("Permissions by their slugs; empty for none."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Makes the direct permissions of a key exactly these.",
        Details = "Missing permissions are created, which takes rbac.*.create_permission as well.",
        Permissions = ["api.*.update_key", "rbac.*.add_permission_to_key", "rbac.*.remove_permission_from_key"],
        Example = """{"keyId":"key_MWsVoLbZy","permissions":["invoices.read"]}""",
        Data = SchemaNode.ListOf(PermissionData.Schema).Described("All its direct permissions."),
        Refusals = [ErrorCode.KeyNotFound],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, KeyPermissionsRequest request) =>
        await context.WriteAsync(session => Set(session, context, request)).ConfigureAwait(false);

    private static OperationResult Set(StoreSession session, OperationContext context, KeyPermissionsRequest request)
    {
        string[] rbac = ["rbac.*.add_permission_to_key", "rbac.*.remove_permission_from_key"];
        if (!KeyPermissionAccess.TryFind(session, context, request.KeyId, rbac, out KeyRow? key, out ApiError? refused))
        {
            return refused;
        }

        AuditTrail audit = new(context, session, isCorrelated: true);
        if (KeyPermissionAccess.Ensure(session, context, audit, request.Permissions, out List<PermissionRow> wanted) is { } denied)
        {
            return denied;
        }

        KeyLinks.SetPermissions(session, context, audit, key.Id, wanted);
        return KeyPermissionAccess.Shown(session.DirectPermissions(key.Id));
    }
}
