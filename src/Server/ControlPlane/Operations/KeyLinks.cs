using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Resolves what keys refer to, creating what may be created on the fly. Runs inside a unit of work. Stateless.</summary>
internal static class KeyLinks
{
    private const int IdAttemptsMax = 5;
    private const string CreatedOnTheFly = "Created automatically because a key was given this permission.";

    /// <summary>An id for a new key that no key has, not even a deleted one.</summary>
    public static string NewKeyId(StoreSession session)
    {
        string id = Identifiers.New("key");
        for (int attempt = 1; attempt < IdAttemptsMax && session.IsKeyIdTaken(id); attempt++)
        {
            id = Identifiers.New("key");
        }

        return id;
    }

    /// <summary>Attaches permissions and roles to a key; what it already has stays as it is and leaves no audit entry.</summary>
    public static void Connect(
        StoreSession session,
        OperationContext context,
        AuditTrail audit,
        string keyId,
        IReadOnlyList<PermissionRow> permissions,
        IReadOnlyList<RoleRow> roles)
    {
        foreach (PermissionRow permission in permissions)
        {
            if (session.LinkKeyPermission(keyId, permission.Id, context.NowMs))
            {
                audit.Add("authorization.connect_permission_and_key", "permission", permission.Id, permission.Slug);
            }
        }

        foreach (RoleRow role in roles)
        {
            if (session.LinkKeyRole(keyId, role.Id, context.NowMs))
            {
                audit.Add("authorization.connect_role_and_key", "role", role.Id, role.Name);
            }
        }
    }

    /// <summary>Detaches a permission from a key.</summary>
    public static void Disconnect(StoreSession session, AuditTrail audit, string keyId, PermissionRow permission)
    {
        session.UnlinkKeyPermission(keyId, permission.Id);
        audit.Add("authorization.disconnect_permission_and_key", "permission", permission.Id, permission.Slug);
    }

    /// <summary>Takes a role from a key.</summary>
    public static void Disconnect(StoreSession session, AuditTrail audit, string keyId, RoleRow role)
    {
        session.UnlinkKeyRole(keyId, role.Id);
        audit.Add("authorization.disconnect_role_and_key", "role", role.Id, role.Name);
    }

    /// <summary>Makes the direct permissions of a key exactly these.</summary>
    public static void SetPermissions(
        StoreSession session, OperationContext context, AuditTrail audit, string keyId, IReadOnlyList<PermissionRow> wanted)
    {
        HashSet<string> wantedIds = wanted.Select(static permission => permission.Id).ToHashSet();
        foreach (PermissionRow permission in session.DirectPermissions(keyId).Where(permission => !wantedIds.Contains(permission.Id)))
        {
            Disconnect(session, audit, keyId, permission);
        }

        Connect(session, context, audit, keyId, wanted, []);
    }

    /// <summary>Makes the roles of a key exactly these.</summary>
    public static void SetRoles(
        StoreSession session, OperationContext context, AuditTrail audit, string keyId, IReadOnlyList<RoleRow> wanted)
    {
        HashSet<string> wantedIds = wanted.Select(static role => role.Id).ToHashSet();
        foreach (RoleRow role in session.RolesOfKey(keyId).Where(role => !wantedIds.Contains(role.Id)))
        {
            Disconnect(session, audit, keyId, role);
        }

        Connect(session, context, audit, keyId, [], wanted);
    }

    /// <summary>The live identity with an external id, created with no metadata when there is none.</summary>
    public static string EnsureIdentity(StoreSession session, OperationContext context, string externalId)
    {
        if (session.FindIdentityByExternalId(context.Caller.WorkspaceId, externalId) is { } existing)
        {
            return existing.Id;
        }

        IdentityRow created = new(Identifiers.New("id"), context.Caller.WorkspaceId, externalId, null, IsDeleted: false);
        session.InsertIdentity(created, context.NowMs);
        return created.Id;
    }

    /// <summary>The permissions of slugs, created where missing: each once, letter case ignored, in byte order of the requested spelling.</summary>
    /// <param name="session">The session.</param>
    /// <param name="context">The call.</param>
    /// <param name="audit">Receives an entry for each creation.</param>
    /// <param name="slugs">The slugs as requested.</param>
    /// <param name="isDescribed">Whether created permissions say how they came to be.</param>
    public static List<PermissionRow> EnsurePermissions(
        StoreSession session, OperationContext context, AuditTrail audit, IEnumerable<string> slugs, bool isDescribed)
    {
        SortedDictionary<string, string> distinct = new(StringComparer.Ordinal);
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string slug in slugs)
        {
            if (seen.Add(Folding.Key(slug)))
            {
                distinct.Add(slug, Folding.Key(slug));
            }
        }

        List<PermissionRow> permissions = new(distinct.Count);
        foreach ((string slug, string key) in distinct)
        {
            if (session.FindPermissionBySlugKey(context.Caller.WorkspaceId, key) is { } existing)
            {
                permissions.Add(existing);
                continue;
            }

            PermissionRow created = new(Identifiers.New("perm"), slug, slug, isDescribed ? CreatedOnTheFly : null);
            session.InsertPermission(created, context.Caller.WorkspaceId, key, context.NowMs);
            audit.Add("permission.create", "permission", created.Id, slug);
            permissions.Add(created);
        }

        return permissions;
    }

    /// <summary>The roles of names, created where missing: each once, letter case ignored. For imports and v1 only.</summary>
    public static List<RoleRow> EnsureRoles(StoreSession session, OperationContext context, AuditTrail audit, IEnumerable<string> names)
    {
        List<RoleRow> roles = [];
        foreach (string name in names.DistinctBy(Folding.Key))
        {
            RoleRow? role = session.FindRoleByNameKey(context.Caller.WorkspaceId, Folding.Key(name));
            if (role is null)
            {
                role = new RoleRow(Identifiers.New("role"), name, null);
                session.InsertRole(role, context.Caller.WorkspaceId, Folding.Key(name), context.NowMs);
                audit.Add("role.create", "role", role.Id, name);
            }

            roles.Add(role);
        }

        return roles;
    }

    /// <summary>The roles of names, each once, letter case ignored. Roles are never created.</summary>
    /// <param name="session">The session.</param>
    /// <param name="context">The call.</param>
    /// <param name="names">The names as requested.</param>
    /// <param name="roles">The roles found.</param>
    /// <returns>The refusal that names the first unknown role, or <see langword="null"/>.</returns>
    public static ApiError? FindRoles(StoreSession session, OperationContext context, IEnumerable<string> names, out List<RoleRow> roles)
    {
        roles = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string name in names)
        {
            string key = Folding.Key(name);
            if (!seen.Add(key))
            {
                continue;
            }

            if (session.FindRoleByNameKey(context.Caller.WorkspaceId, key) is not { } role)
            {
                return new ApiError(ErrorCode.RoleNotFound, $"Role '{name}' was not found.");
            }

            roles.Add(role);
        }

        return null;
    }

    /// <summary>Brings the limits of a key or an identity in line with a request: a name that stays keeps its id.</summary>
    /// <param name="session">The session.</param>
    /// <param name="context">The call.</param>
    /// <param name="stored">What is stored now.</param>
    /// <param name="wanted">All limits afterwards; of entries with the same name the last counts.</param>
    /// <param name="keyId">The key, or <see langword="null"/>.</param>
    /// <param name="identityId">The identity, or <see langword="null"/>.</param>
    public static void ReplaceRatelimits(
        StoreSession session,
        OperationContext context,
        IReadOnlyList<RatelimitRow> stored,
        IEnumerable<RatelimitInput> wanted,
        string? keyId,
        string? identityId)
    {
        Dictionary<string, RatelimitInput> byName = new(StringComparer.Ordinal);
        foreach (RatelimitInput limit in wanted)
        {
            byName[limit.Name] = limit;
        }

        foreach (RatelimitRow row in stored)
        {
            if (byName.Remove(row.Name, out RatelimitInput? limit))
            {
                session.UpdateRatelimit(Row(row.Id, limit), context.NowMs);
            }
            else
            {
                session.DeleteRatelimit(row.Id);
            }
        }

        foreach (RatelimitInput limit in byName.Values)
        {
            session.InsertRatelimit(Row(Identifiers.New("rl"), limit), context.Caller.WorkspaceId, keyId, identityId, context.NowMs);
        }
    }

    private static RatelimitRow Row(string id, RatelimitInput limit) => new(id, limit.Name, limit.Limit, limit.Duration, limit.AutoApply);
}
