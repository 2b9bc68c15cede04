using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>keys.updateRemaining</c> of v1. A key that the caller may not change is not found.</summary>
internal sealed class V1UpdateRemaining() : V1Operation<V1UpdateRemainingRequest>(
    "keys.updateRemaining",
    SchemaNode.Open(
        SchemaProperty.Required("keyId", V1Schemas.Id),
        SchemaProperty.Required(
            "op", SchemaNode.OneOf(UpdateCreditsRequest.Increment, UpdateCreditsRequest.Decrement, UpdateCreditsRequest.Set)),
        SchemaProperty.Required("value", SchemaNode.Integer(0).OrNull())),
    V1RequestJson.Default)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1UpdateRemainingRequest request) =>
        await context.WriteAsync(session => Update(session, context, request)).ConfigureAwait(false);

    private static OperationResult Update(StoreSession session, OperationContext context, V1UpdateRemainingRequest request)
    {
        if (KeyAccess.Live(session, context, session.FindKey(request.KeyId)) is not (KeyRow key, ApiRow api)
            || !context.Caller.May(KeyAccess.Required(context, key, api, "update_key")))
        {
            return V1Access.KeyNotFound(request.KeyId);
        }

        UpdateCreditsRequest wanted = new(request.KeyId, request.Op, request.Value);
        return UpdateCredits.Apply(session, context, key, wanted, out CreditsData credits) is { } refused
            ? refused
            : OperationResult.Success(new Data(credits.Remaining));
    }

    private sealed class Data(long? remaining) : IResponseData
    {
        public void WriteTo(Utf8JsonWriter writer)
        {
            writer.WriteStartObject();
            if (remaining is { } balance)
            {
                writer.WriteNumber("remaining"u8, balance);
            }
            else
            {
                writer.WriteNull("remaining"u8);
            }

            writer.WriteEndObject();
        }
    }
}
