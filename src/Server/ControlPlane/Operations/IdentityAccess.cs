using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Finding identities for a caller. Stateless.</summary>
internal static class IdentityAccess
{
    /// <summary>Path of the resource name that grants have to cover; the asterisks are literal parts of what is required.</summary>
    public const string AnyIdentity = "projects/*/identities/*";

    /// <summary>The one answer for an identity that the caller cannot see.</summary>
    public static ApiError NotFound { get; } = new(ErrorCode.IdentityNotFound, "This identity does not exist.");

    /// <summary>The permission to do something with any identity; update and delete have no form for a single one.</summary>
    /// <param name="context">The call.</param>
    /// <param name="action">For example <c>update_identity</c>.</param>
    public static PermissionExpression Required(OperationContext context, string action) =>
        PermissionExpression.Any($"identity.*.{action}", context.Caller.Urn(AnyIdentity, action));

    /// <summary>The permission to read one identity.</summary>
    public static PermissionExpression RequiredToRead(OperationContext context, string identityId) => PermissionExpression.Any(
        "identity.*.read_identity", $"identity.{identityId}.read_identity", context.Caller.Urn(AnyIdentity, "read_identity"));

    /// <summary>The live identity of the caller's workspace with this id or, failing that, this external id.</summary>
    public static IdentityRow? Find(StoreSession session, OperationContext context, string idOrExternalId) =>
        session.FindIdentity(idOrExternalId) is { } byId && byId.WorkspaceId == context.Caller.WorkspaceId
            ? byId
            : session.FindIdentityByExternalId(context.Caller.WorkspaceId, idOrExternalId);
}
