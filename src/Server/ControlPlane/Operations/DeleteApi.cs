using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>apis.deleteApi</c>: marks an API deleted. Its keys stay stored and stop verifying at once.</summary>
internal sealed class DeleteApi() : Operation<ApiIdRequest>(
    "/v2/apis.deleteApi",
    SchemaNode.Closed(SchemaProperty.Required("apiId", RequestSchemas.ApiId)),
    RequestJson.Default)
{
    private static readonly ApiError s_protected = new(
        ErrorCode.ProtectedResource, "This API has delete protection enabled. Disable it before attempting to delete.");

    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Deletes an API. Its keys do not verify any more.",
        Permissions = ["api.*.delete_api"],
        Example = """{"apiId":"api_FPhGK7SeA"}""",
        Data = EmptyData.Schema,
        Refusals = [ErrorCode.ApiNotFound, ErrorCode.ProtectedResource],
    };

    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => true;

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, ApiIdRequest request) =>
        context.WriteAsync(
            PermissionExpression.Any("api.*.delete_api", $"api.{request.ApiId}.delete_api"), session => Delete(session, context, request.ApiId));

    /// <summary>Marks an API deleted, unless it is protected.</summary>
    internal static OperationResult Delete(StoreSession session, OperationContext context, string apiId)
    {
        if (ApiAccess.FindLive(session, context, apiId) is not ApiRow api)
        {
            return ApiAccess.NotFound;
        }

        if (api.IsDeleteProtected)
        {
            return s_protected;
        }

        session.DeleteApi(api.Id, context.NowMs);
        new AuditTrail(context, session).Add("api.delete", "api", api.Id, api.Name);
        return OperationResult.Empty;
    }
}
