using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>apis.getApi</c>: id and name of an API. The permission is checked before the look-up.</summary>
internal sealed class GetApi() : Operation<ApiIdRequest>(
    "/v2/apis.getApi",
    SchemaNode.Closed(SchemaProperty.Required("apiId", RequestSchemas.ApiId)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Shows an API.",
        Permissions = ["api.*.read_api"],
        Example = """{"apiId":"api_FPhGK7SeA"}""",
        Data = FieldsData.Schema(("id", "Id of the API."), ("name", "Its name.")),
        Refusals = [ErrorCode.ApiNotFound],
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, ApiIdRequest request) =>
        context.ReadAsync(
            PermissionExpression.Any("api.*.read_api", $"api.{request.ApiId}.read_api"),
            session => ApiAccess.FindLive(session, context, request.ApiId) is { } api
                ? Shown(api)
                : ApiAccess.NotFound);

    private static OperationResult Shown(ApiRow api) => OperationResult.Success(new FieldsData(("id", api.Id), ("name", api.Name)));
}
