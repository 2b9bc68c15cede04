using System.Collections.Generic;
using System.Linq;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>keys.addPermissions</c>, <c>setPermissions</c> and <c>removePermissions</c> of v1.</summary>
internal sealed class V1KeyPermissions : V1KeyChange<V1KeyPermissionsRequest>
{
    private V1KeyPermissions(string name, string[] rbac, Change change)
        : base(name, "permissions", V1RequestJson.Default, rbac, change)
    {
    }

    /// <summary>Makes all three.</summary>
    public static IEnumerable<Operation> Create() =>
    [
        new V1KeyPermissions("keys.addPermissions", ["rbac.*.add_permission_to_key"], Add),
        new V1KeyPermissions("keys.setPermissions", ["rbac.*.add_permission_to_key", "rbac.*.remove_permission_from_key"], Set),
        new V1KeyPermissions("keys.removePermissions", ["rbac.*.remove_permission_from_key"], Remove),
    ];

    /// <inheritdoc/>
    protected override string KeyId(V1KeyPermissionsRequest request) => request.KeyId;

    private static OperationResult Add(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyPermissionsRequest request)
    {
        if (V1Access.Permissions(session, context, audit, request.Permissions, out List<PermissionRow> wanted) is { } refused)
        {
            return refused;
        }

        KeyLinks.Connect(session, context, audit, key.Id, wanted, []);
        return Shown(session.DirectPermissions(key.Id));
    }

    private static OperationResult Set(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyPermissionsRequest request)
    {
        if (V1Access.Permissions(session, context, audit, request.Permissions, out List<PermissionRow> wanted) is { } refused)
        {
            return refused;
        }

        KeyLinks.SetPermissions(session, context, audit, key.Id, wanted);
        return Shown(session.DirectPermissions(key.Id));
    }

    private static OperationResult Remove(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, V1KeyPermissionsRequest request)
    {
        if (V1Access.Permissions(session, context, audit, V1Access.NotCreated(request.Permissions), out List<PermissionRow> unwanted) is { } refused)
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

    private static OperationResult Shown(List<PermissionRow> rows) => V1Access.Named(rows, static row => (row.Id, row.Name));
}
