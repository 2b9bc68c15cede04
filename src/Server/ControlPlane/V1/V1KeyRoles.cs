using System.Collections.Generic;
using System.Linq;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>keys.addRoles</c>, <c>setRoles</c> and <c>removeRoles</c> of v1.</summary>
internal sealed class V1KeyRoles : V1KeyChange<V1KeyRolesRequest>
{
    private V1KeyRoles(string name, string[] rbac, Change change)
        : base(name, "roles", V1RequestJson.Default, rbac, change)
    {
    }

    /// <summary>Makes all three.</summary>
    public static IEnumerable<Operation> Create() =>
    [
        new V1KeyRoles("keys.addRoles", ["rbac.*.add_role_to_key"], Add),
        new V1KeyRoles("keys.setRoles", [], Set),
        new V1KeyRoles("keys.removeRoles", [], Remove),
    ];

    /// <inheritdoc/>
    protected override string KeyId(V1KeyRolesRequest request) => request.KeyId;

    private static OperationResult Add(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyRolesRequest request)
    {
        if (V1Access.Roles(session, context, audit, request.Roles, out List<RoleRow> wanted) is { } refused)
        {
            return refused;
        }

        KeyLinks.Connect(session, context, audit, key.Id, [], wanted);
        return Shown(session.RolesOfKey(key.Id));
    }

    private static OperationResult Set(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyRolesRequest request)
    {
        if (V1Access.Roles(session, context, audit, request.Roles, out List<RoleRow> wanted) is { } refused)
        {
            return refused;
        }

        KeyLinks.SetRoles(session, context, audit, key.Id, wanted);
        return Shown(session.RolesOfKey(key.Id));
    }

    private static OperationResult Remove(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyRolesRequest request)
    {
        if (V1Access.Roles(session, context, audit, V1Access.NotCreated(request.Roles), out List<RoleRow> unwanted) is { } refused)
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

    private static OperationResult Shown(List<RoleRow> rows) => V1Access.Named(rows, static row => (row.Id, row.Name));
}
