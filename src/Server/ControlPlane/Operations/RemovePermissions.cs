using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.removePermissions</c>: detaches permissions; those that come by roles stay.</summary>
internal sealed class RemovePermissions() : Operation<KeyPermissionsRequest>(
    "/v2/keys.removePermissions",
    SchemaNode.Closed(
        SchemaProperty.Required("keyId", RequestSchemas.KeyId),
        SchemaProperty.Required("permissions", RequestSchemas.SomeSlugs)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Takes direct permissions from a key.",
        Permissions = ["api.*.update_key", "rbac.*.remove_permission_from_key"],
        Example = """{"keyId":"key_MWsVoLbZy","permissions":["invoices.write"]}""",
        Data = SchemaNode.ListOf(PermissionData.Schema).Described("The direct permissions that are left."),
        Refusals = [ErrorCode.KeyNotFound, ErrorCode.PermissionNotFound],
    };

    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, KeyPermissionsRequest request) =>
        await context.WriteAsync(session => Remove(session, context, request)).ConfigureAwait(false);

    private static OperationResult Remove(StoreSession session, OperationContext context, KeyPermissionsRequest request)
    {
        if (!KeyPermissionAccess.TryFind(
            session, context, request.KeyId, ["rbac.*.remove_permission_from_key"], out KeyRow? key, out ApiError? refused))
        {
            return refused;
        }

        HashSet<string> unwanted = new(StringComparer.Ordinal);
        foreach (string slug in request.Permissions)
        {
            if (session.FindPermissionBySlugKey(context.Caller.WorkspaceId, Folding.Key(slug)) is not { } permission)
            {
                return OperationResult.Refused(ErrorCode.PermissionNotFound, $"Permission '{slug}' was not found.");
            }

            unwanted.Add(permission.Id);
        }

        AuditTrail audit = new(context, session, isCorrelated: true);
        foreach (PermissionRow permission in session.DirectPermissions(key.Id).Where(permission => unwanted.Contains(permission.Id)))
        {
            KeyLinks.Disconnect(session, audit, key.Id, permission);
        }

        return KeyPermissionAccess.Shown(session.DirectPermissions(key.Id));
    }
}
