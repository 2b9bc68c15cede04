using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>apis.createApi</c>: a named container and the keyspace that holds its keys.</summary>
internal sealed class CreateApi() : Operation<CreateApiRequest>(
    "/v2/apis.createApi",
    SchemaNode.Closed(SchemaProperty.Required("name", RequestSchemas.ApiName)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Creates an API, which is a set of keys.",
        Permissions = ["api.*.create_api"],
        Example = """{"name":"payments"}""",
        Data = FieldsData.Schema(("apiId", "Id of the new API.")),
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, CreateApiRequest request) =>
        context.WriteAsync("api.*.create_api", session => Create(session, context, request.Name));

    /// <summary>Makes an API with its keyspace.</summary>
    internal static OperationResult Create(StoreSession session, OperationContext context, string name)
    {
        string keyspaceId = Identifiers.New("ks");
        string apiId = Identifiers.New("api");
        session.InsertKeyspace(keyspaceId, context.Caller.WorkspaceId, context.NowMs);
        session.InsertApi(apiId, context.Caller.WorkspaceId, keyspaceId, name, context.NowMs);
        new AuditTrail(context, session).Add("api.create", "api", apiId, name);
        return OperationResult.Success(new FieldsData(("apiId", apiId)));
    }
}
