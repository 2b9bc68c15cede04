using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.whoami</c>: a key by its plain text. Verifies, counts and consumes nothing.</summary>
/// <remarks>A caller without the permission gets the answer of an unknown key, without a word about permissions.</remarks>
internal sealed class Whoami() : Operation<WhoamiRequest>(
    "/v2/keys.whoami",
    SchemaNode.Closed(SchemaProperty.Required("key", SchemaNode.Text(1, 512).Described("The whole key."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Shows the key that a plain text belongs to. It does not verify, count or spend anything.",
        Details = "A caller that may not read the key gets the answer of an unknown key.",
        Permissions = ["api.*.read_key"],
        Example = """{"key":"pay_Mo4Y6kSVR16SWzrnoiT3Hh"}""",
        Data = KeyData.Schema,
        Refusals = [ErrorCode.KeyNotFound],
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, WhoamiRequest request)
    {
        byte[] hash = KeySecret.HashOf(request.Key);
        return context.ReadAsync(session => Find(session, context, hash));
    }

    private static OperationResult Find(StoreSession session, OperationContext context, byte[] hash) =>
        KeyAccess.Live(session, context, session.FindKeyByHash(hash)) is (KeyRow key, ApiRow api)
        && context.Caller.May(KeyAccess.Required(context, key, api, "read_key"))
            ? OperationResult.Success(KeyAccess.Shown(session, context.Services.Engine, key))
            : KeyAccess.NotFound;
}
