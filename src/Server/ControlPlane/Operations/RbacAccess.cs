using System.Collections.Generic;
using System.Linq;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Finding permissions and roles for a caller, and linking them. Stateless.</summary>
internal static class RbacAccess
{
    /// <summary>The one answer for a permission that the caller cannot see.</summary>
    public static ApiError PermissionNotFound { get; } = new(ErrorCode.PermissionNotFound, "The requested permission does not exist.");

    /// <summary>The one answer for a role that the caller cannot see.</summary>
    public static ApiError RoleNotFound { get; } = new(ErrorCode.RoleNotFound, "The requested role does not exist.");

    /// <summary>The permission of the caller's workspace with this id or, failing that, this slug, letter case ignored.</summary>
    public static PermissionRow? FindPermission(StoreSession session, OperationContext context, string idOrSlug) =>
        session.FindPermission(context.Caller.WorkspaceId, idOrSlug)
        ?? session.FindPermissionBySlugKey(context.Caller.WorkspaceId, Folding.Key(idOrSlug));

    /// <summary>The role of the caller's workspace with this id or, failing that, this name, letter case ignored.</summary>
    public static RoleRow? FindRole(StoreSession session, OperationContext context, string idOrName) =>
        session.FindRole(context.Caller.WorkspaceId, idOrName)
        ?? session.FindRoleByNameKey(context.Caller.WorkspaceId, Folding.Key(idOrName));

    /// <summary>Whether one of the slugs would have to be created.</summary>
    public static bool AnyMissing(StoreSession session, OperationContext context, IEnumerable<string> slugs) =>
        slugs.Any(slug => session.FindPermissionBySlugKey(context.Caller.WorkspaceId, Folding.Key(slug)) is null);

    /// <summary>Puts a permission into a role, with its audit entry.</summary>
    public static void Connect(StoreSession session, OperationContext context, AuditTrail audit, RoleRow role, PermissionRow permission)
    {
        session.LinkRolePermission(role.Id, permission.Id, context.NowMs);
        audit.Add("authorization.connect_role_and_permission", Resource(role), Resource(permission));
    }

    /// <summary>Takes a permission out of a role, with its audit entry.</summary>
    public static void Disconnect(StoreSession session, AuditTrail audit, RoleRow role, PermissionRow permission)
    {
        session.UnlinkRolePermission(role.Id, permission.Id);
        audit.Add("authorization.disconnect_role_and_permissions", Resource(role), Resource(permission));
    }

    private static AuditResource Resource(RoleRow role) => new("role", role.Id, role.Name);

    private static AuditResource Resource(PermissionRow permission) => new("permission", permission.Id, permission.Slug);
}
