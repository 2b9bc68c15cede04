using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>Finding records for callers of v1, and its words for those that are not there. Stateless.</summary>
internal static class V1Access
{
    /// <summary>The one answer for a key that the caller cannot see.</summary>
    public static ApiError KeyNotFound(string id) => new(ErrorCode.KeyNotFound, $"key {id} not found");

    /// <summary>The one answer for an API that the caller cannot see.</summary>
    public static ApiError ApiNotFound(string id) => new(ErrorCode.ApiNotFound, $"api {id} not found");

    /// <summary>What an operation of v2 has decided, with a record that is not there named as v1 does.</summary>
    /// <param name="result">The decision.</param>
    /// <param name="notFound">v1's words.</param>
    public static OperationResult Worded(OperationResult result, ApiError notFound) => result.Error?.Code == notFound.Code ? notFound : result;

    /// <summary>The refusal of a caller that may not decrypt, which v1 counts among those without credentials.</summary>
    public static ApiError? Undecryptable(ApiError? refused) =>
        refused?.Code == ErrorCode.InsufficientPermissions ? refused with { Code = V1ErrorCode.Unauthorized } : refused;

    /// <summary>The live identity with this id or, when none is given, this external id.</summary>
    /// <returns>The refusal, or <see langword="null"/>.</returns>
    public static ApiError? Identity(
        StoreSession session, OperationContext context, string? identityId, string? externalId, out IdentityRow? identity)
    {
        identity = null;
        if ((identityId ?? externalId) is not { } named)
        {
            return new ApiError(ErrorCode.InvalidInput, "identityId: is required, or externalId");
        }

        string workspaceId = context.Caller.WorkspaceId;
        identity = identityId is null
            ? session.FindIdentityByExternalId(workspaceId, named)
            : session.FindIdentity(named) is { } byId && byId.WorkspaceId == workspaceId ? byId : null;
        return identity is null ? new ApiError(ErrorCode.IdentityNotFound, $"identity {named} not found") : null;
    }

    /// <summary>The permissions that are referred to, each once, created where that is asked for and allowed.</summary>
    /// <returns>The refusal, or <see langword="null"/>.</returns>
    public static ApiError? Permissions(
        StoreSession session, OperationContext context, AuditTrail audit, V1Reference[] references, out List<PermissionRow> permissions)
    {
        List<PermissionRow> found = [];
        permissions = found;
        foreach (V1Reference reference in references)
        {
            PermissionRow? row = reference switch
            {
                { Id: { } id } => session.FindPermission(context.Caller.WorkspaceId, id),
                { Text: { } slug } => session.FindPermissionBySlugKey(context.Caller.WorkspaceId, Folding.Key(slug)),
                _ => null,
            };
            if (row is null && reference is { Id: null, Text: { } missing, Create: true })
            {
                if (KeyPermissionAccess.Ensure(session, context, audit, [missing], out List<PermissionRow> created) is { } denied)
                {
                    return denied;
                }

                row = created[0];
            }

            if (row is null)
            {
                return Missing("permission", ErrorCode.PermissionNotFound, reference);
            }

            found.Add(row);
        }

        permissions = [.. found.DistinctBy(static row => row.Id)];
        return null;
    }

    /// <summary>The roles that are referred to, each once, created where that is asked for and allowed.</summary>
    /// <returns>The refusal, or <see langword="null"/>.</returns>
    public static ApiError? Roles(
        StoreSession session, OperationContext context, AuditTrail audit, V1Reference[] references, out List<RoleRow> roles)
    {
        List<RoleRow> found = [];
        roles = found;
        foreach (V1Reference reference in references)
        {
            RoleRow? row = reference switch
            {
                { Id: { } id } => session.FindRole(context.Caller.WorkspaceId, id),
                { Name: { } name } => session.FindRoleByNameKey(context.Caller.WorkspaceId, Folding.Key(name)),
                _ => null,
            };
            if (row is null && reference is { Id: null, Name: { } missing, Create: true })
            {
                if (EnsureRoles(session, context, audit, [missing], out List<RoleRow> created) is { } denied)
                {
                    return denied;
                }

                row = created[0];
            }

            if (row is null)
            {
                return Missing("role", ErrorCode.RoleNotFound, reference);
            }

            found.Add(row);
        }

        roles = [.. found.DistinctBy(static row => row.Id)];
        return null;
    }

    /// <summary>The roles of names, created where missing, which takes a permission of its own.</summary>
    /// <returns>The refusal of a caller that may not create what is missing, or <see langword="null"/>.</returns>
    public static ApiError? EnsureRoles(
        StoreSession session, OperationContext context, AuditTrail audit, string[] names, out List<RoleRow> roles)
    {
        roles = [];
        if (names.Any(name => session.FindRoleByNameKey(context.Caller.WorkspaceId, Folding.Key(name)) is null)
            && context.Deny(PermissionExpression.Any("rbac.*.create_role")) is { } denied)
        {
            return denied;
        }

        roles = KeyLinks.EnsureRoles(session, context, audit, names);
        return null;
    }

    /// <summary>The same references, none of which is to be created.</summary>
    public static V1Reference[] NotCreated(V1Reference[] references) => [.. references.Select(static reference => reference with { Create = null })];

    /// <summary>Ids and names of rows, as the operations on roles and permissions answer.</summary>
    public static OperationResult Named<T>(IEnumerable<T> rows, Func<T, (string Id, string Name)> show) => OperationResult.Success(
        new ListData([.. rows.Select(row => new FieldsData(("id", show(row).Id), ("name", show(row).Name)))]));

    private static ApiError Missing(string what, ErrorCode code, V1Reference reference) => (reference.Id ?? reference.Text) is { } named
        ? new ApiError(code, $"{what} {named} not found")
        : new ApiError(ErrorCode.InvalidInput, $"{what}s: each needs an id or a name");
}
