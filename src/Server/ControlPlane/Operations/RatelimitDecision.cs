using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Engine.Permissions;
using Unkey.Protocol;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Hot;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>ratelimit.limit</c> and <c>ratelimit.multiLimit</c> off the reactor: creates namespaces on first use and words the refusals.</summary>
/// <remarks>Decides by the engine's own decider and writes by the hot path's own writer, so the two paths cannot disagree. Holds the engine's
/// writer lock while it decides, instead of registering the pool's threads as readers.</remarks>
internal sealed class RatelimitDecision : Operation
{
    private const long DurationMsMin = 1_000;
    private const long DurationMsMax = 2_592_000_000;
    private const string Outcome = "A denial is a 200 as well. Answered from memory.";

    private static readonly SchemaNode s_check = SchemaNode.Closed(
        SchemaProperty.Required("namespace", SchemaNode.Text(1, 512).Described("Name or id of the namespace; one that does not exist is created.")),
        SchemaProperty.Required("identifier", SchemaNode.Text(1, 512).Described("Who is limited, such as a user id or an address.")),
        SchemaProperty.Required("limit", SchemaNode.Integer(1).Described("Tokens in one duration, unless an override applies.")),
        SchemaProperty.Required("duration", SchemaNode.Integer(DurationMsMin, DurationMsMax).Described("Milliseconds.")),
        SchemaProperty.Optional("cost", SchemaNode.Integer(0).Described("Tokens to take; 1 when absent, 0 only looks.")))
        .Named("RatelimitRequest");

    private static readonly SchemaNode s_checks = SchemaNode.ListOf(s_check, itemsMin: 1, itemsMax: RatelimitRequestReader.ChecksMax);

    private readonly bool _isBatch;

    private RatelimitDecision(string path, SchemaNode body, bool isBatch, OperationDescription description)
        : base(path, body)
    {
        _isBatch = isBatch;
        Description = description;
    }

    /// <inheritdoc/>
    public override OperationDescription Description { get; }

    /// <summary><c>ratelimit.limit</c>: one check.</summary>
    public static RatelimitDecision One() => new("/v2/ratelimit.limit", s_check, isBatch: false, new OperationDescription
    {
        Summary = "Takes tokens of a rate limit, if enough are left.",
        Details = Outcome + " A namespace that does not exist is created, which takes ratelimit.*.create_namespace as well.",
        Permissions = ["ratelimit.*.limit"],
        Example = """{"namespace":"emails","identifier":"customer_7","limit":10,"duration":60000}""",
        Data = HotAnswerSchemas.RatelimitDecision,
        Refusals = [ErrorCode.NamespaceGone],
    });

    /// <summary><c>ratelimit.multiLimit</c>: several checks, all or none.</summary>
    public static RatelimitDecision Batch() => new("/v2/ratelimit.multiLimit", s_checks, isBatch: true, new OperationDescription
    {
        Summary = "Takes tokens of several rate limits: all of them, or none.",
        Details = Outcome + " Namespaces that do not exist are created, which takes ratelimit.*.create_namespace as well.",
        Permissions = ["ratelimit.*.limit"],
        Example = """[{"namespace":"emails","identifier":"customer_7","limit":10,"duration":60000}]""",
        Data = HotAnswerSchemas.RatelimitDecisions,
        Refusals = [ErrorCode.NamespaceGone],
    });

    /// <inheritdoc/>
    public override async ValueTask<OperationResult> RunAsync(OperationContext context, JsonElement body)
    {
        RatelimitScratch scratch = RatelimitScratch.Rent();
        try
        {
            ReadOnlyMemory<byte> bytes = context.Request.Body;
            if (!(_isBatch ? scratch.Reader.TryReadMany(bytes.Span) : scratch.Reader.TryReadOne(bytes.Span)))
            {
                // The schema admits what the reader does not: only a literal such as 5.0 or 1e2 for an integer, which does not bind.
                return RequestChecks.NotValid(context.Request, []);
            }

            List<string> missing = Missing(context, scratch.Reader);
            if (missing.Count > 0)
            {
                if (context.Deny("ratelimit.*.create_namespace") is { } denied)
                {
                    return denied;
                }

                await NamespaceDirectory.GetOrCreateAsync(context, missing).ConfigureAwait(false);
            }

            return Decide(context, scratch, _isBatch, honorsBareWildcard: false, Answered);
        }
        finally
        {
            scratch.Return();
        }
    }

    /// <summary>Names of the read checks that no namespace has, each once.</summary>
    internal static List<string> Missing(OperationContext context, RatelimitRequestReader reader)
    {
        List<string> missing = [];
        foreach (RatelimitCheck check in reader.Checks)
        {
            string name = Encoding.UTF8.GetString(reader.Texts.Slice(check.NamespaceOffset, check.NamespaceLength));
            if (NamespaceDirectory.Find(context, name) is null && !missing.Contains(name))
            {
                missing.Add(name);
            }
        }

        return missing;
    }

    /// <summary>Decides what has been read.</summary>
    /// <param name="context">The call.</param>
    /// <param name="scratch">Holds the checks that were read.</param>
    /// <param name="isBatch">Whether it is a multiLimit request.</param>
    /// <param name="honorsBareWildcard">Whether a caller with the bare permission <c>*</c> may do everything.</param>
    /// <param name="answer">Makes the answer; under the writer lock.</param>
    internal static OperationResult Decide(
        OperationContext context, RatelimitScratch scratch, bool isBatch, bool honorsBareWildcard, RatelimitAnswer answer)
    {
        EngineState engine = context.Services.Engine;
        lock (engine.WriterLock)
        {
            // The caller was authenticated by a copy of its record; the record itself may have changed since, so it is checked again.
            RootKeyFault fault = context.Services.Authenticator.Find(context.Caller.Digest, context.NowMs, out KeyRecord caller);
            if (fault != RootKeyFault.None)
            {
                return RootKeyAuthenticator.Refusal(fault);
            }

            RatelimitInput input = new()
            {
                Caller = caller,
                HonorsBareWildcard = honorsBareWildcard,
                Checks = scratch.ToEngine(),
                Texts = scratch.Reader.Texts,
                // Not the time of the call: making a namespace took a while, and whoever decides by an older clock than the others is refused what they have left.
                NowMs = context.Request.TestTimeMs ?? context.Services.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            };
            RatelimitOutcome outcome = new RatelimitDecider(engine).Decide(in input, isBatch, scratch.Result);
            if (outcome == RatelimitOutcome.Decided)
            {
                context.Services.Events.Decided(context.Request, engine, in input, isBatch, scratch.Result);
            }

            return answer(context, outcome, in input, scratch.Result);
        }
    }

    /// <summary>What a caller lacks whom the decision has refused.</summary>
    internal static ApiError NotPermitted(RatelimitResult result) => new(
        ErrorCode.InsufficientPermissions,
        PermissionExpression.Any($"ratelimit.{result.Namespace(result.StoppedAt)!.Id}.limit", "ratelimit.*.limit").Denial());

    private OperationResult Answered(OperationContext context, RatelimitOutcome outcome, in RatelimitInput input, RatelimitResult result) =>
        outcome switch
        {
            RatelimitOutcome.Decided => OperationResult.Whole(Render(context.Request.RequestId, in input, result)),
            RatelimitOutcome.DeletedNamespace => OperationResult.Refused(
                ErrorCode.NamespaceGone, "This namespace has been deleted. Its name cannot be used again."),
            RatelimitOutcome.NotPermitted => NotPermitted(result),
            _ => OperationResult.Refused(ErrorCode.UnexpectedError, "The namespace could not be found after it was created."),
        };

    private ColdResponse Render(string requestId, in RatelimitInput input, RatelimitResult result)
    {
        byte[] id = Encoding.ASCII.GetBytes(requestId);
        byte[] buffer = new byte[RatelimitEndpoint.BodyBytesMax(in input, _isBatch, result)];
        var writer = new ResponseWriter(buffer);
        RatelimitEndpoint.WriteBody(ref writer, in input, _isBatch, id, result);
        return new ColdResponse(200, ColdResponse.Json, buffer.AsMemory(0, writer.Written));
    }
}
