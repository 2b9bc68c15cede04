using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>keys.addPermissions</c>, <c>setPermissions</c>, <c>removePermissions</c>, <c>addRoles</c>, <c>setRoles</c> and <c>removeRoles</c> of v1.</summary>
internal sealed class V1KeyLinks : V1Operation<V1KeyLinksRequest>
{
    private readonly string[] _rbac;
    private readonly Change _change;

    private V1KeyLinks(string name, string member, string[] rbac, Change change)
        : base(
            name,
            SchemaNode.Open(SchemaProperty.Required("keyId", V1Schemas.Id), SchemaProperty.Required(member, V1Schemas.References)),
            V1RequestJson.Default.V1KeyLinksRequest)
    {
        _rbac = rbac;
        _change = change;
    }

    private delegate OperationResult Change(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyLinksRequest request);

    /// <summary>Makes all six.</summary>
    public static IEnumerable<Operation> Create() =>
    [
        new V1KeyLinks("keys.addPermissions", "permissions", ["rbac.*.add_permission_to_key"], AddPermissions),
        new V1KeyLinks(
            "keys.setPermissions", "permissions", ["rbac.*.add_permission_to_key", "rbac.*.remove_permission_from_key"], SetPermissions),
        new V1KeyLinks("keys.removePermissions", "permissions", ["rbac.*.remove_permission_from_key"], RemovePermissions),
        new V1KeyLinks("keys.addRoles", "roles", ["rbac.*.add_role_to_key"], AddRoles),
        new V1KeyLinks("keys.setRoles", "roles", [], SetRoles),
        new V1KeyLinks("keys.removeRoles", "roles", [], RemoveRoles),
    ];

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1KeyLinksRequest request) =>
        await context.WriteAsync(session =>
        {
            if (KeyAccess.Live(session, context, session.FindKey(request.KeyId)) is not (KeyRow key, ApiRow api))
            {
                return V1Access.KeyNotFound(request.KeyId);
            }

            return context.Deny(KeyPermissionAccess.Required(context, key, api, _rbac)) is { } denied
                ? denied
                : _change(session, context, new AuditTrail(context, session, isCorrelated: true), key, request);
        }).ConfigureAwait(false);

    private static OperationResult AddPermissions(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyLinksRequest request)
    {
        if (V1Access.Permissions(session, context, audit, request.Permissions!, out List<PermissionRow> wanted) is { } refused)
        {
            return refused;
        }

        KeyLinks.Connect(session, context, audit, key.Id, wanted, []);
        return Shown(session.DirectPermissions(key.Id));
    }

    private static OperationResult SetPermissions(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyLinksRequest request)
    {
        if (V1Access.Permissions(session, context, audit, request.Permissions!, out List<PermissionRow> wanted) is { } refused)
        {
            return refused;
        }

        KeyLinks.SetPermissions(session, context, audit, key.Id, wanted);
        return Shown(session.DirectPermissions(key.Id));
    }

    private static OperationResult RemovePermissions(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyLinksRequest request)
    {
        if (V1Access.Permissions(session, context, audit, NotCreated(request.Permissions!), out List<PermissionRow> unwanted) is { } refused)
        {
            return refused;
        }

        HashSet<string> ids = [.. unwanted.Select(static row => row.Id)];
        foreach (PermissionRow row in session.DirectPermissions(key.Id).Where(row => ids.Contains(row.Id)))
        {
            KeyLinks.Disconnect(session, audit, key.Id, row);
        }

        return OperationResult.Empty;
    }

    private static OperationResult AddRoles(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyLinksRequest request)
    {
        if (V1Access.Roles(session, context, audit, request.Roles!, out List<RoleRow> wanted) is { } refused)
        {
            return refused;
        }

        KeyLinks.Connect(session, context, audit, key.Id, [], wanted);
        return Shown(session.RolesOfKey(key.Id));
    }

    private static OperationResult SetRoles(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyLinksRequest request)
    {
        if (V1Access.Roles(session, context, audit, request.Roles!, out List<RoleRow> wanted) is { } refused)
        {
            return refused;
        }

        KeyLinks.SetRoles(session, context, audit, key.Id, wanted);
        return Shown(session.RolesOfKey(key.Id));
    }

    private static OperationResult RemoveRoles(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyLinksRequest request)
    {
        if (V1Access.Roles(session, context, audit, NotCreated(request.Roles!), out List<RoleRow> unwanted) is { } refused)
        {
            return refused;
        }

        HashSet<string> ids = [.. unwanted.Select(static row => row.Id)];
        foreach (RoleRow row in session.RolesOfKey(key.Id).Where(row => ids.Contains(row.Id)))
        {
            KeyLinks.Disconnect(session, audit, key.Id, row);
        }

        return OperationResult.Empty;
    }

    private static V1Reference[] NotCreated(V1Reference[] references) => [.. references.Select(static reference => reference with { Create = null })];

    private static OperationResult Shown(List<PermissionRow> rows) => V1Access.Named(rows, static row => (row.Id, row.Name));

    private static OperationResult Shown(List<RoleRow> rows) => V1Access.Named(rows, static row => (row.Id, row.Name));
}
