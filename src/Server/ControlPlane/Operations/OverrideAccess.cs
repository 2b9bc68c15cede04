using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Finding rate-limit namespaces and their overrides for a caller. Stateless.</summary>
internal static class OverrideAccess
{
    /// <summary>The one answer for a namespace that the caller cannot see, or that is deleted.</summary>
    public static ApiError NamespaceNotFound { get; } = new(ErrorCode.NamespaceNotFound, "This namespace does not exist.");

    /// <summary>The one answer for an override that there is not, or that the caller may not read.</summary>
    public static ApiError OverrideNotFound { get; } = new(ErrorCode.OverrideNotFound, "This override does not exist.");

    /// <summary>The live namespace of the caller's workspace with this name or, failing that, this id.</summary>
    public static NamespaceRow? FindLive(StoreSession session, OperationContext context, string nameOrId) =>
        Find(session, context, nameOrId) is { IsDeleted: false } found ? found : null;

    /// <summary>The namespace of the caller's workspace with this name or, failing that, this id; deleted or not.</summary>
    public static NamespaceRow? Find(StoreSession session, OperationContext context, string nameOrId) =>
        session.FindNamespaceByName(context.Caller.WorkspaceId, nameOrId)
        ?? (session.FindNamespace(nameOrId) is { } byId && byId.WorkspaceId == context.Caller.WorkspaceId ? byId : null);

    /// <summary>The permission to do something with the overrides of a namespace.</summary>
    /// <param name="namespaceId">The namespace.</param>
    /// <param name="action">For example <c>set_override</c>.</param>
    public static PermissionExpression Required(string namespaceId, string action) =>
        PermissionExpression.Any($"ratelimit.{namespaceId}.{action}", $"ratelimit.*.{action}");
}
