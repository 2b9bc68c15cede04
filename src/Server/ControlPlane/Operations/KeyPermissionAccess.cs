using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>What the operations on permissions and roles of a key share. Stateless.</summary>
internal static class KeyPermissionAccess
{
    /// <summary>Permission to change what a key may do: its resource name alone, or the tuple together with others.</summary>
    /// <param name="context">The call.</param>
    /// <param name="key">The key.</param>
    /// <param name="api">Its API.</param>
    /// <param name="rbac">What the tuple needs beside it, for example <c>rbac.*.add_role_to_key</c>.</param>
    public static PermissionExpression Required(OperationContext context, KeyRow key, ApiRow api, params string[] rbac) => PermissionExpression.Any(
        context.Caller.Urn($"keyspaces/{key.KeyspaceId}/keys/{key.Id}", "update_key"),
        PermissionExpression.All(
        [
            PermissionExpression.Any("api.*.update_key", $"api.{api.Id}.update_key"),
            .. rbac.Select(PermissionExpression.Leaf),
        ]));

    /// <summary>Finds a live key for a caller that may change what it may do.</summary>
    /// <param name="session">The session.</param>
    /// <param name="context">The call.</param>
    /// <param name="keyId">Its id.</param>
    /// <param name="rbac">As for <see cref="Required"/>.</param>
    /// <param name="key">The key.</param>
    /// <param name="refused">Why there is none for this caller.</param>
    public static bool TryFind(
        StoreSession session,
        OperationContext context,
        string keyId,
        string[] rbac,
        [NotNullWhen(true)] out KeyRow? key,
        [NotNullWhen(false)] out ApiError? refused) =>
        KeyAccess.TryFind(session, context, keyId, (found, api) => Required(context, found, api, rbac), out key, out refused);

    /// <summary>The permissions of slugs, created where missing, which takes a permission of its own.</summary>
    /// <param name="session">The session.</param>
    /// <param name="context">The call.</param>
    /// <param name="audit">Receives an entry for each creation.</param>
    /// <param name="slugs">The slugs as requested.</param>
    /// <param name="permissions">What was found or created.</param>
    /// <returns>The refusal of a caller that may not create what is missing, or <see langword="null"/>.</returns>
    public static ApiError? Ensure(
        StoreSession session, OperationContext context, AuditTrail audit, string[] slugs, out List<PermissionRow> permissions)
    {
        permissions = [];
        if (RbacAccess.AnyMissing(session, context, slugs)
            && context.Deny(PermissionExpression.Any(
                "rbac.*.create_permission", context.Caller.Urn("rbac/permissions/*", "create_permission"))) is { } denied)
        {
            return denied;
        }

        permissions = KeyLinks.EnsurePermissions(session, context, audit, slugs, isDescribed: false);
        return null;
    }

    /// <summary>The answer of the operations on permissions.</summary>
    public static OperationResult Shown(IEnumerable<PermissionRow> permissions) =>
        OperationResult.Success(new ListData([.. permissions.Select(static permission => new PermissionData(permission))]));

    /// <summary>The answer of the operations on roles.</summary>
    public static OperationResult Shown(StoreSession session, IEnumerable<RoleRow> roles) => OperationResult.Success(
        new ListData([.. roles.Select(role => new RoleData(role, session.PermissionsOfRole(role.Id)))]));

    /// <summary>What was there, followed by what has been added.</summary>
    /// <param name="before">Rows before the call, in their order.</param>
    /// <param name="added">Rows of the request.</param>
    /// <param name="id">Id of a row.</param>
    public static IEnumerable<T> Merge<T>(List<T> before, List<T> added, Func<T, string> id) => before.Concat(added).DistinctBy(id);
}
