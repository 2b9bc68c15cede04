using System.Text;
using System.Threading.Tasks;
using Unkey.Engine.Namespaces;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>ratelimit.getOverride</c>: the override that would apply to an identifier. Asks the tables that decide, so the two cannot differ.</summary>
/// <remarks>A caller without the permission gets the answer of a missing override, without a word about permissions.</remarks>
internal sealed class GetOverride() : Operation<OverrideRequest>(
    "/v2/ratelimit.getOverride",
    SchemaNode.Closed(
        SchemaProperty.Required("namespace", RequestSchemas.Namespace),
        SchemaProperty.Required("identifier", RequestSchemas.Identifier)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Shows the override that applies to an identifier.",
        Details = "A caller that may not read it gets the answer of a missing override.",
        Permissions = ["ratelimit.*.read_override"],
        Example = """{"namespace":"emails","identifier":"a@example.com"}""",
        Data = OverrideData.Schema,
        Refusals = [ErrorCode.NamespaceNotFound, ErrorCode.OverrideNotFound],
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, OverrideRequest request) =>
        ValueTask.FromResult(Find(context, request));

    /// <summary>Finds the override that would apply.</summary>
    internal static OperationResult Find(OperationContext context, OverrideRequest request)
    {
        if (NamespaceDirectory.Find(context, request.Namespace) is not { Deleted: false } owner)
        {
            return OverrideAccess.NamespaceNotFound;
        }

        return owner.Overrides.Find(Encoding.UTF8.GetBytes(request.Identifier)) is { } found && context.Caller.May(Required(context, owner, found))
            ? OperationResult.Success(new OverrideData(found.Id, found.Text, found.Limit, found.DurationMs))
            : OverrideAccess.OverrideNotFound;
    }

    private static PermissionExpression Required(OperationContext context, RatelimitNamespace owner, LimitOverride item) => PermissionExpression.Any(
        context.Caller.Urn($"ratelimits/namespaces/{owner.Id}/overrides/{item.Id}", "read_override"),
        $"ratelimit.{owner.Id}.read_override",
        "ratelimit.*.read_override");
}
