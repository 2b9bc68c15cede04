using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>keys.whoami</c> of v1: a key by its plain text. A key that the caller may not read is not found.</summary>
internal sealed class V1Whoami() : V1Operation<WhoamiRequest>(
    "keys.whoami",
    SchemaNode.Open(SchemaProperty.Required("key", SchemaNode.Text(1))),
    RequestJson.Default)
{
    private static readonly ApiError s_notFound = new(ErrorCode.KeyNotFound, "key not found");

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, WhoamiRequest request)
    {
        byte[] hash = KeySecret.HashOf(request.Key);
        return context.ReadAsync(session => Find(session, context, hash));
    }

    private static OperationResult Find(StoreSession session, OperationContext context, byte[] hash) =>
        KeyAccess.Live(session, context, session.FindKeyByHash(hash)) is (KeyRow key, ApiRow api)
        && context.Caller.May(KeyAccess.Required(context, key, api, "read_key"))
            ? OperationResult.Success(new Data(KeyAccess.Shown(session, context.Services.Engine, key)))
            : s_notFound;

    private sealed class Data(KeyData shown) : IResponseData
    {
        public void WriteTo(Utf8JsonWriter writer)
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, shown.Key.Id);
            V1Members.WriteText(writer, "name", shown.Key.Name);
            V1Members.WriteNumber(writer, "remaining", shown.Remaining);
            if (shown.Identity is { } identity)
            {
                V1Members.WriteIdentity(writer, identity.Identity);
            }

            RatelimitData.WriteMeta(writer, shown.Key.Meta);
            writer.WriteNumber("createdAt"u8, shown.Key.CreatedAtMs);
            writer.WriteBoolean("enabled"u8, shown.Key.IsEnabled);
            V1Members.WriteText(writer, "environment", shown.Key.Environment);
            writer.WriteEndObject();
        }
    }
}
