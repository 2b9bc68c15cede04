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

/// <summary><c>keys.removeRoles</c>: takes roles from a key. Needs no permission beside that to update the key.</summary>
internal sealed class RemoveRoles() : Operation<KeyRolesRequest>(
    "/v2/keys.removeRoles",
    SchemaNode.Closed(
        SchemaProperty.Required("keyId", RequestSchemas.KeyId),
        SchemaProperty.Required("roles", RequestSchemas.SomeRoleNames)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Takes roles from a key.",
        Permissions = ["api.*.update_key"],
        Example = """{"keyId":"key_MWsVoLbZy","roles":["accountant"]}""",
        Data = SchemaNode.ListOf(RoleData.Schema).Described("The roles that are left."),
        Refusals = [ErrorCode.KeyNotFound, ErrorCode.RoleNotFound],
    };

    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, KeyRolesRequest request) =>
        await context.WriteAsync(session => Remove(session, context, request)).ConfigureAwait(false);

    private static OperationResult Remove(StoreSession session, OperationContext context, KeyRolesRequest request)
    {
        if (!KeyAccess.TryFind(session, context, request.KeyId, "update_key", out KeyRow? key, out ApiError? refused))
        {
            return refused;
        }

        if (KeyLinks.FindRoles(session, context, request.Roles, out List<RoleRow> roles) is { } unknown)
        {
            return unknown;
        }

        AuditTrail audit = new(context, session, isCorrelated: true);
        HashSet<string> unwanted = roles.Select(static role => role.Id).ToHashSet();
        foreach (RoleRow role in session.RolesOfKey(key.Id).Where(role => unwanted.Contains(role.Id)))
        {
            KeyLinks.Disconnect(session, audit, key.Id, role);
        }

        return KeyPermissionAccess.Shown(session, session.RolesOfKey(key.Id));
    }
}
