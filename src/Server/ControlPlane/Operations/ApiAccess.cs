using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Finding an API for a caller: missing, deleted and foreign look the same. Stateless.</summary>
internal static class ApiAccess
{
    /// <summary>The one answer for an API that the caller cannot see.</summary>
    public static ApiError NotFound { get; } = new(ErrorCode.ApiNotFound, "The requested API does not exist or has been deleted.");

    /// <summary>The answer for an API without a keyspace.</summary>
    public static ApiError NoKeyspace { get; } = new(ErrorCode.PreconditionFailed, "The requested API is not set up to handle keys.");

    /// <summary>The live API of an id in the caller's workspace, or <see langword="null"/>.</summary>
    public static ApiRow? FindLive(StoreSession session, OperationContext context, string apiId) =>
        session.FindApi(apiId) is { IsDeleted: false } api && api.WorkspaceId == context.Caller.WorkspaceId ? api : null;
}
