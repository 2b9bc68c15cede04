using System.Collections.Generic;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.addPermissions</c>: attaches permissions directly to a key, creating missing ones for a caller that may.</summary>
internal sealed class AddPermissions() : Operation<KeyPermissionsRequest>(
    "/v2/keys.addPermissions",
    SchemaNode.Closed(
        SchemaProperty.Required("keyId", RequestSchemas.KeyId),
        SchemaProperty.Required("permissions", RequestSchemas.SomeSlugs)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Attaches permissions directly to a key.",
        Details = "Missing permissions are created, which takes rbac.*.create_permission as well.",
        Permissions = ["api.*.update_key", "rbac.*.add_permission_to_key"],
        Example = """{"keyId":"key_MWsVoLbZy","permissions":["invoices.write"]}""",
        Data = SchemaNode.ListOf(PermissionData.Schema).Described("All its direct permissions."),
        Refusals = [ErrorCode.KeyNotFound],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, KeyPermissionsRequest request) =>
        await context.WriteAsync(session => Add(session, context, request)).ConfigureAwait(false);

    private static OperationResult Add(StoreSession session, OperationContext context, KeyPermissionsRequest request)
    {
        if (!KeyPermissionAccess.TryFind(
            session, context, request.KeyId, ["rbac.*.add_permission_to_key"], out KeyRow? key, out ApiError? refused))
        {
            return refused;
        }

        AuditTrail audit = new(context, session, isCorrelated: true);
        if (KeyPermissionAccess.Ensure(session, context, audit, request.Permissions, out List<PermissionRow> wanted) is { } denied)
        {
            return denied;
        }

        List<PermissionRow> before = session.DirectPermissions(key.Id);
        KeyLinks.Connect(session, context, audit, key.Id, wanted, []);
        return KeyPermissionAccess.Shown(KeyPermissionAccess.Merge(before, wanted, static permission => permission.Id));
    }
}
