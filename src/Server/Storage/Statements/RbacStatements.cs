using System;
using System.Collections.Generic;
using System.Data.Common;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL that reads, lists and removes permissions and roles of a workspace. Stateless.</summary>
/// <remarks>Whatever takes a slug or a role name from keys also names these keys as changed, so that all of them are published at once.</remarks>
internal static class RbacStatements
{
    private const string PermissionColumns = "SELECT id, name, slug, description FROM permissions";
    private const string RoleColumns = "SELECT id, name, description FROM roles";

    /// <summary>Finds a permission of a workspace by its id.</summary>
    public static PermissionRow? FindPermission(this StoreSession session, string workspaceId, string id) => session.First(
        PermissionColumns + " WHERE id = @id AND workspace_id = @workspace", MapPermission, ("@id", id), ("@workspace", workspaceId));

    /// <summary>Finds a role of a workspace by its id.</summary>
    public static RoleRow? FindRole(this StoreSession session, string workspaceId, string id) => session.First(
        RoleColumns + " WHERE id = @id AND workspace_id = @workspace", MapRole, ("@id", id), ("@workspace", workspaceId));

    /// <summary>Permissions of a workspace in the order of their ids.</summary>
    /// <param name="session">The session.</param>
    /// <param name="workspaceId">The workspace.</param>
    /// <param name="cursor">First id that may be returned.</param>
    /// <param name="count">Most rows.</param>
    /// <param name="isWanted">The filter; reads on until enough rows pass it.</param>
    public static List<PermissionRow> ListPermissions(
        this StoreSession session, string workspaceId, string cursor, int count, Predicate<PermissionRow> isWanted)
    {
        using DbDataReader rows = session.Stream(
            PermissionColumns + " WHERE workspace_id = @workspace AND id >= @cursor ORDER BY id", ("@workspace", workspaceId), ("@cursor", cursor));
        return Take(rows, count, MapPermission, isWanted);
    }

    /// <summary>Roles of a workspace in the order of their ids; parameters as in <see cref="ListPermissions"/>.</summary>
    public static List<RoleRow> ListRoles(
        this StoreSession session, string workspaceId, string cursor, int count, Predicate<RoleRow> isWanted)
    {
        using DbDataReader rows = session.Stream(
            RoleColumns + " WHERE workspace_id = @workspace AND id >= @cursor ORDER BY id", ("@workspace", workspaceId), ("@cursor", cursor));
        return Take(rows, count, MapRole, isWanted);
    }

    /// <summary>Takes a permission out of a role. The caller names the role's keys as changed.</summary>
    public static void UnlinkRolePermission(this StoreSession session, string roleId, string permissionId) => session.Execute(
        "DELETE FROM roles_permissions WHERE role_id = @role AND permission_id = @permission", ("@role", roleId), ("@permission", permissionId));

    /// <summary>Names every key that has a role as changed.</summary>
    public static void TouchKeysOfRole(this StoreSession session, string roleId) => Touch(
        session, session.Stream("SELECT key_id FROM keys_roles WHERE role_id = @role", ("@role", roleId)));

    /// <summary>Deletes a permission for good, with its links to roles and keys.</summary>
    public static void DeletePermission(this StoreSession session, string id)
    {
        Touch(session, session.Stream(
            """
            SELECT key_id FROM keys_permissions WHERE permission_id = @id
            UNION
            SELECT kr.key_id FROM roles_permissions rp JOIN keys_roles kr ON kr.role_id = rp.role_id WHERE rp.permission_id = @id
            """,
            ("@id", id)));
        session.Execute("DELETE FROM permissions WHERE id = @id", ("@id", id));
    }

    /// <summary>Deletes a role for good, with its links to permissions and keys; the permissions stay.</summary>
    public static void DeleteRole(this StoreSession session, string id)
    {
        session.TouchKeysOfRole(id);
        session.Execute("DELETE FROM roles WHERE id = @id", ("@id", id));
    }

    private static void Touch(StoreSession session, DbDataReader keys)
    {
        using (keys)
        {
            while (keys.Read())
            {
                session.Changes.Keys.Add(keys.GetString(0));
            }
        }
    }

    private static List<T> Take<T>(DbDataReader rows, int count, Func<DbDataReader, T> map, Predicate<T> isWanted)
    {
        List<T> taken = [];
        while (taken.Count < count && rows.Read())
        {
            T row = map(rows);
            if (isWanted(row))
            {
                taken.Add(row);
            }
        }

        return taken;
    }

    private static PermissionRow MapPermission(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2), row.Text(3));

    private static RoleRow MapRole(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.Text(2));
}
