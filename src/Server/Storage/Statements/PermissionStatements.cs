using System.Collections.Generic;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about permissions, roles and their links to keys. Stateless.</summary>
internal static class PermissionStatements
{
    /// <summary>Finds a permission of a workspace by the folded spelling of its slug.</summary>
    public static PermissionRow? FindPermissionBySlugKey(this StoreSession session, string workspaceId, string slugKey) => session.First(
        "SELECT id, name, slug, description FROM permissions WHERE workspace_id = @workspace AND slug_key = @key",
        static row => new PermissionRow(row.GetString(0), row.GetString(1), row.GetString(2), row.Text(3)),
        ("@workspace", workspaceId),
        ("@key", slugKey));

    /// <summary>Adds a permission.</summary>
    public static void InsertPermission(this StoreSession session, PermissionRow permission, string workspaceId, string slugKey, long nowMs) =>
        session.Execute(
            """
            INSERT INTO permissions (id, workspace_id, name, slug, slug_key, description, created_at)
            VALUES (@id, @workspace, @name, @slug, @key, @description, @now)
            """,
            ("@id", permission.Id),
            ("@workspace", workspaceId),
            ("@name", permission.Name),
            ("@slug", permission.Slug),
            ("@key", slugKey),
            ("@description", permission.Description),
            ("@now", nowMs));

    /// <summary>Finds a role of a workspace by the folded spelling of its name.</summary>
    public static RoleRow? FindRoleByNameKey(this StoreSession session, string workspaceId, string nameKey) => session.First(
        "SELECT id, name, description FROM roles WHERE workspace_id = @workspace AND name_key = @key",
        static row => new RoleRow(row.GetString(0), row.GetString(1), row.Text(2)),
        ("@workspace", workspaceId),
        ("@key", nameKey));

    /// <summary>Adds a role.</summary>
    public static void InsertRole(this StoreSession session, RoleRow role, string workspaceId, string nameKey, long nowMs) => session.Execute(
        """
        INSERT INTO roles (id, workspace_id, name, name_key, description, created_at)
        VALUES (@id, @workspace, @name, @key, @description, @now)
        """,
        ("@id", role.Id),
        ("@workspace", workspaceId),
        ("@name", role.Name),
        ("@key", nameKey),
        ("@description", role.Description),
        ("@now", nowMs));

    /// <summary>Puts a permission into a role.</summary>
    public static void LinkRolePermission(this StoreSession session, string roleId, string permissionId, long nowMs) => session.Execute(
        """
        INSERT INTO roles_permissions (role_id, permission_id, created_at) VALUES (@role, @permission, @now)
        ON CONFLICT (role_id, permission_id) DO NOTHING
        """,
        ("@role", roleId),
        ("@permission", permissionId),
        ("@now", nowMs));

    /// <summary>Attaches a permission to a key; attaching it twice changes nothing.</summary>
    /// <returns>Whether the link is new.</returns>
    public static bool LinkKeyPermission(this StoreSession session, string keyId, string permissionId, long nowMs)
    {
        session.Changes.Keys.Add(keyId);
        return session.Execute(
            """
            INSERT INTO keys_permissions (key_id, permission_id, created_at) VALUES (@key, @permission, @now)
            ON CONFLICT (key_id, permission_id) DO NOTHING
            """,
            ("@key", keyId),
            ("@permission", permissionId),
            ("@now", nowMs)) == 1;
    }

    /// <summary>Detaches a permission from a key.</summary>
    public static void UnlinkKeyPermission(this StoreSession session, string keyId, string permissionId)
    {
        session.Changes.Keys.Add(keyId);
        session.Execute(
            "DELETE FROM keys_permissions WHERE key_id = @key AND permission_id = @permission", ("@key", keyId), ("@permission", permissionId));
    }

    /// <summary>Gives a role to a key; giving it twice changes nothing.</summary>
    /// <returns>Whether the link is new.</returns>
    public static bool LinkKeyRole(this StoreSession session, string keyId, string roleId, long nowMs)
    {
        session.Changes.Keys.Add(keyId);
        return session.Execute(
            "INSERT INTO keys_roles (key_id, role_id, created_at) VALUES (@key, @role, @now) ON CONFLICT (key_id, role_id) DO NOTHING",
            ("@key", keyId),
            ("@role", roleId),
            ("@now", nowMs)) == 1;
    }

    /// <summary>Takes a role from a key.</summary>
    public static void UnlinkKeyRole(this StoreSession session, string keyId, string roleId)
    {
        session.Changes.Keys.Add(keyId);
        session.Execute("DELETE FROM keys_roles WHERE key_id = @key AND role_id = @role", ("@key", keyId), ("@role", roleId));
    }

    /// <summary>Permissions attached directly to a key, by slug.</summary>
    public static List<PermissionRow> DirectPermissions(this StoreSession session, string keyId) => session.All(
        """
        SELECT p.id, p.name, p.slug, p.description FROM keys_permissions kp JOIN permissions p ON p.id = kp.permission_id
        WHERE kp.key_id = @key ORDER BY p.slug
        """,
        static row => new PermissionRow(row.GetString(0), row.GetString(1), row.GetString(2), row.Text(3)),
        ("@key", keyId));

    /// <summary>Roles of a key, by name.</summary>
    public static List<RoleRow> RolesOfKey(this StoreSession session, string keyId) => session.All(
        "SELECT r.id, r.name, r.description FROM keys_roles kr JOIN roles r ON r.id = kr.role_id WHERE kr.key_id = @key ORDER BY r.name",
        static row => new RoleRow(row.GetString(0), row.GetString(1), row.Text(2)),
        ("@key", keyId));

    /// <summary>Permissions of a role, by slug.</summary>
    public static List<PermissionRow> PermissionsOfRole(this StoreSession session, string roleId) => session.All(
        """
        SELECT p.id, p.name, p.slug, p.description FROM roles_permissions rp JOIN permissions p ON p.id = rp.permission_id
        WHERE rp.role_id = @role ORDER BY p.slug
        """,
        static row => new PermissionRow(row.GetString(0), row.GetString(1), row.GetString(2), row.Text(3)),
        ("@role", roleId));

    /// <summary>Slugs a key has, directly and by its roles: sorted, each once.</summary>
    public static List<string> EffectiveSlugs(this StoreSession session, string keyId) => session.All(
        """
        SELECT p.slug FROM keys_permissions kp JOIN permissions p ON p.id = kp.permission_id WHERE kp.key_id = @key
        UNION
        SELECT p.slug FROM keys_roles kr JOIN roles_permissions rp ON rp.role_id = kr.role_id
            JOIN permissions p ON p.id = rp.permission_id WHERE kr.key_id = @key
        ORDER BY 1
        """,
        static row => row.GetString(0),
        ("@key", keyId));

    /// <summary>Starts reading the direct links of selected keys in the order of the key ids: key id, permission id.</summary>
    public static ColumnScan ScanKeyPermissions(this StoreSession session, IIdSelection keys) => session.Scan(
        $"SELECT key_id, permission_id FROM keys_permissions WHERE {keys.Condition("key_id")} ORDER BY key_id", keys.Texts);

    /// <summary>Starts reading the roles of selected keys in the order of the key ids: key id, role id.</summary>
    public static ColumnScan ScanKeyRoles(this StoreSession session, IIdSelection keys) => session.Scan(
        $"SELECT key_id, role_id FROM keys_roles WHERE {keys.Condition("key_id")} ORDER BY key_id", keys.Texts);

    /// <summary>Starts reading all permissions: id, slug.</summary>
    public static ColumnScan ScanPermissions(this StoreSession session) => session.Scan("SELECT id, slug FROM permissions");

    /// <summary>Starts reading all roles: id, name.</summary>
    public static ColumnScan ScanRoles(this StoreSession session) => session.Scan("SELECT id, name FROM roles");

    /// <summary>Starts reading the permissions of all roles: role id, permission id.</summary>
    public static ColumnScan ScanRolePermissions(this StoreSession session) =>
        session.Scan("SELECT role_id, permission_id FROM roles_permissions");
}
