using System.Collections.Generic;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.addRoles</c>: gives existing roles to a key.</summary>
internal sealed class AddRoles() : Operation<KeyRolesRequest>(
    "/v2/keys.addRoles",
    SchemaNode.Closed(
        SchemaProperty.Required("keyId", RequestSchemas.KeyId),
        SchemaProperty.Required("roles", RequestSchemas.SomeRoleNames)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Gives roles to a key.",
        Permissions = ["api.*.update_key", "rbac.*.add_role_to_key"],
        Example = """{"keyId":"key_MWsVoLbZy","roles":["accountant"]}""",
        Data = SchemaNode.ListOf(RoleData.Schema).Described("All its roles."),
        Refusals = [ErrorCode.KeyNotFound, ErrorCode.RoleNotFound],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, KeyRolesRequest request) =>
        await context.WriteAsync(session => Add(session, context, request)).ConfigureAwait(false);

    private static OperationResult Add(StoreSession session, OperationContext context, KeyRolesRequest request)
    {
        if (!KeyPermissionAccess.TryFind(
            session, context, request.KeyId, ["rbac.*.add_role_to_key"], out KeyRow? key, out ApiError? refused))
        {
            return refused;
        }

        if (KeyLinks.FindRoles(session, context, request.Roles, out List<RoleRow> roles) is { } unknown)
        {
            return unknown;
        }

        AuditTrail audit = new(context, session, isCorrelated: true);
        List<RoleRow> before = session.RolesOfKey(key.Id);
        KeyLinks.Connect(session, context, audit, key.Id, [], roles);
        return KeyPermissionAccess.Shown(session, KeyPermissionAccess.Merge(before, roles, static role => role.Id));
    }
}
