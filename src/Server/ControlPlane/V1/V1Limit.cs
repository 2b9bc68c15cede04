using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Engine;
using Unkey.Protocol;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Hot;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>ratelimits.limit</c> of v1 off the reactor: creates the namespace on first use and words the refusals.</summary>
internal sealed class V1Limit() : Operation(
    "/v1/ratelimits.limit",
    SchemaNode.Open(
        SchemaProperty.Optional("namespace", SchemaNode.Text(1, 512)),
        SchemaProperty.Required("identifier", SchemaNode.Text(1, RatelimitRequestReader.V1IdentifierLengthMax)),
        SchemaProperty.Required("limit", SchemaNode.Integer(1)),
        SchemaProperty.Required("duration", SchemaNode.Integer(1000)),
        SchemaProperty.Optional("cost", SchemaNode.Integer(0))))
{
    /// <inheritdoc/>
    public override async ValueTask<OperationResult> RunAsync(OperationContext context, JsonElement body)
    {
        RatelimitScratch scratch = RatelimitScratch.Rent();
        try
        {
            if (!scratch.Reader.TryReadV1(context.Request.Body.Span))
            {
                // The schema admits what the reader does not: only a literal such as 5.0 or 1e2 for an integer.
                return V1Dialect.Invalid([]);
            }

            List<string> missing = RatelimitDecision.Missing(context, scratch.Reader);
            if (missing.Count > 0)
            {
                if (!context.Caller.May("ratelimit.*.create_namespace"))
                {
                    return NotFound(missing[0]);
                }

                await NamespaceDirectory.GetOrCreateAsync(context, missing).ConfigureAwait(false);
            }

            return RatelimitDecision.Decide(context, scratch, isBatch: false, honorsBareWildcard: true, Answered);
        }
        finally
        {
            scratch.Return();
        }
    }

    private static OperationResult Answered(OperationContext context, RatelimitOutcome outcome, in RatelimitInput input, RatelimitResult result) =>
        outcome switch
        {
            RatelimitOutcome.Decided => OperationResult.Whole(Render(result)),
            RatelimitOutcome.NotPermitted => RatelimitDecision.NotPermitted(result),

            // A deleted namespace keeps its name; v1 has no other word for it.
            _ => NotFound(Encoding.UTF8.GetString(input.Namespace(0))),
        };

    private static ApiError NotFound(string name) => new(ErrorCode.NamespaceNotFound, $"namespace {name} not found");

    private static ColdResponse Render(RatelimitResult result)
    {
        byte[] buffer = new byte[RatelimitJson.BytesPerCheckMax];
        ResponseWriter writer = new(buffer);
        V1RatelimitEndpoint.WriteBody(ref writer, result);
        return new ColdResponse(200, ColdResponse.Json, buffer.AsMemory(0, writer.Written));
    }
}
