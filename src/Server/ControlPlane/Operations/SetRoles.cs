using System.Collections.Generic;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.setRoles</c>: makes the roles of a key exactly these. Needs no permission beside that to update the key.</summary>
internal sealed class SetRoles() : Operation<KeyRolesRequest>(
    "/v2/keys.setRoles",
    SchemaNode.Closed(
        SchemaProperty.Required("keyId", RequestSchemas.KeyId),
        SchemaProperty.Required("roles", RequestSchemas.RoleNames)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Makes the roles of a key exactly these.",
        Permissions = ["api.*.update_key"],
        Example = """{"keyId":"key_MWsVoLbZy","roles":["accountant"]}""",
        Data = SchemaNode.ListOf(RoleData.Schema).Described("All its roles."),
        Refusals = [ErrorCode.KeyNotFound, ErrorCode.RoleNotFound],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, KeyRolesRequest request) =>
        await context.WriteAsync(session => Set(session, context, request)).ConfigureAwait(false);

    private static OperationResult Set(StoreSession session, OperationContext context, KeyRolesRequest request)
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
        KeyLinks.SetRoles(session, context, audit, key.Id, roles);
        return KeyPermissionAccess.Shown(session, session.RolesOfKey(key.Id));
    }
}
