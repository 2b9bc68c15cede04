using System;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Microsoft.Extensions.ObjectPool;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Protocol;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Hot;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.verifyKey</c> off the reactor: words the errors of requests that the hot path refused, and decides all others the same way.</summary>
/// <remarks>Decides by the engine's own verifier, so the two paths cannot disagree. What it words: a query that does not parse (400) and a
/// limit that is not configured (412). Holds the engine's writer lock while it decides, instead of registering the pool's threads as readers.</remarks>
internal sealed class VerifyKey : Operation
{
    private const long CostMax = 1_000_000_000_000;

    private static readonly ObjectPool<Scratch> s_scratch = ObjectPool.Create<Scratch>();

    /// <summary>Describes the endpoint.</summary>
    public VerifyKey()
        : base(
            "/v2/keys.verifyKey",
            SchemaNode.Closed(
                SchemaProperty.Required("key", SchemaNode.Text(1, 512).Described("The whole key as its owner sent it.")),
                SchemaProperty.Optional(
                    "permissions", SchemaNode.Text(1, 1000).Described("What the key must be permitted: slugs with AND, OR and parentheses. An asterisk is literal.")),
                SchemaProperty.Optional(
                    "credits",
                    SchemaNode.Closed(SchemaProperty.Required("cost", SchemaNode.Integer(0, CostMax).Described("Credits to take.")))
                        .Described("Takes another number of credits than one.")),
                SchemaProperty.Optional(
                    "ratelimits",
                    SchemaNode.ListOf(SchemaNode.Open(
                        SchemaProperty.Required("name", SchemaNode.Text(3, 255).Described("A limit of the key or of its identity, or one that is defined here.")),
                        SchemaProperty.Optional("cost", SchemaNode.Integer(0).Described("Tokens to take; 1 when absent, 0 only looks.")),
                        SchemaProperty.Optional("limit", SchemaNode.Integer(0).Described("Together with a duration: defines the limit here.")),
                        SchemaProperty.Optional("duration", SchemaNode.Integer(0).Described("Milliseconds.")))
                        .Named("RatelimitCheck"))
                        .Described("Limits to check besides those that are always applied. All are taken, or none.")),
                SchemaProperty.Optional(
                    "tags", SchemaNode.ListOf(SchemaNode.Text(1, 512), itemsMax: 20).Described("Words of your own about this verification.")),
                SchemaProperty.Optional(
                    "migrationId", SchemaNode.Text(0, 256).Described("Where to look for an imported key that is not found by its own hash."))))
    {
    }

    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Says whether a key is valid, may do something, and is within its limits; and counts the use.",
        Details = "Every outcome is a 200: look at valid and code. A caller that may not verify the key gets NOT_FOUND. Answered from memory.",
        Permissions = ["api.*.verify_key"],
        Example = """{"key":"pay_Mo4Y6kSVR16SWzrnoiT3Hh","permissions":"invoices.read"}""",
        Data = HotAnswerSchemas.Verification,
        Refusals = [ErrorCode.PermissionsQuerySyntax, ErrorCode.PreconditionFailed],
    };

    /// <inheritdoc/>
    public override ValueTask<OperationResult> RunAsync(OperationContext context, JsonElement body)
    {
        OperationResult result = Decide(context, imported: null, out (string Key, string MigrationId)? migration);
        return migration is { } wanted ? MigrateAsync(context, wanted.Key, wanted.MigrationId) : ValueTask.FromResult(result);
    }

    private static async ValueTask<OperationResult> MigrateAsync(OperationContext context, string key, string migrationId)
    {
        (KeyDigest digest, ApiError? refused) = await OnDemandMigration.FindAsync(context, key, migrationId).ConfigureAwait(false);
        return refused is null ? Decide(context, digest, out _) : refused;
    }

    private static OperationResult Decide(OperationContext context, KeyDigest? imported, out (string Key, string MigrationId)? migration)
    {
        Scratch scratch = s_scratch.Get();
        try
        {
            return Run(context, scratch, imported, out migration);
        }
        finally
        {
            s_scratch.Return(scratch);
        }
    }

    /// <summary>Decides.</summary>
    /// <param name="context">The call.</param>
    /// <param name="scratch">Memory.</param>
    /// <param name="imported">Digest of the key, when it is not that of its text.</param>
    /// <param name="migration">The key and the migration to look it up in, when no key has the digest and the request names one; then the
    /// returned answer is the one without a migration.</param>
    private static OperationResult Run(
        OperationContext context, Scratch scratch, KeyDigest? imported, out (string Key, string MigrationId)? migration)
    {
        migration = null;
        if (!scratch.Reader.TryRead(context.Request.Body.Span, out VerifyKeyRequest request))
        {
            // The schema admits what the reader does not: only a literal such as 5.0 or 1e2 for an integer, which does not bind.
            return RequestChecks.NotValid(context.Request, []);
        }

        EngineState engine = context.Services.Engine;
        lock (engine.WriterLock)
        {
            // The caller was authenticated by a copy of its record; the record itself may have changed since, so it is checked again.
            RootKeyFault fault = context.Services.Authenticator.Find(context.Caller.Digest, context.NowMs, out KeyRecord caller);
            if (fault != RootKeyFault.None)
            {
                return RootKeyAuthenticator.Refusal(fault);
            }

            VerifyInput input = new()
            {
                Caller = caller,
                Permissions = request.Permissions,
                Cost = request.HasCost ? request.Cost : -1,
                Limits = scratch.ToEngine(request.Limits),
                LimitNames = request.LimitNames,
                CallerIp = Encoding.UTF8.GetBytes(context.Request.PeerAddress),
                NowMs = context.NowMs,
            };
            if (imported is { } digest)
            {
                input.Key = digest;
            }
            else
            {
                input.SetKey(request.Key);
            }

            VerifyOutcome outcome = new Verifier(engine).Verify(in input, scratch.Result);
            if (outcome == VerifyOutcome.NotFound && !request.MigrationId.IsEmpty && !engine.Keys.TryFind(input.Key, out _))
            {
                migration = (Encoding.UTF8.GetString(request.Key), Encoding.UTF8.GetString(request.MigrationId));
            }

            if (migration is null)
            {
                context.Services.Events.Verified(context.Request, engine, in request, in input, outcome, scratch.Result);
            }

            return outcome switch
            {
                VerifyOutcome.BadQuery => OperationResult.Refused(
                    ErrorCode.PermissionsQuerySyntax, $"Permission query: {scratch.Result.QueryError.Describe(request.Permissions)}."),
                VerifyOutcome.UnknownLimit => OperationResult.Refused(
                    ErrorCode.PreconditionFailed, UnknownLimit(scratch.Result, request.LimitName(scratch.Result.UnknownLimitIndex))),
                _ => OperationResult.Whole(Render(context.Request.RequestId, outcome, in input, scratch.Result)),
            };
        }
    }

    private static ColdResponse Render(string requestId, VerifyOutcome outcome, in VerifyInput input, VerifyResult result)
    {
        byte[] buffer = new byte[VerifyKeyBody.BytesMax(in input, result)];
        ResponseWriter writer = new(buffer);
        VerifyKeyBody.Write(ref writer, Encoding.ASCII.GetBytes(requestId), outcome, in input, result);
        return new ColdResponse(200, ColdResponse.Json, buffer.AsMemory(0, writer.Written));
    }

    private static string UnknownLimit(VerifyResult result, ReadOnlySpan<byte> name)
    {
        string text = $"Requested ratelimit '{Encoding.UTF8.GetString(name)}' does not exist and was not defined inline,"
            + $" for key '{Encoding.UTF8.GetString(result.Record.KeyId)}'";
        return result.Identity.IsNull
            ? text + "."
            : text + $" with identity '{Encoding.UTF8.GetString(result.Identity.Id)}' (externalId '{Encoding.UTF8.GetString(result.Identity.ExternalId)}').";
    }

    /// <summary>What one decision needs and the next can use again.</summary>
    private sealed class Scratch
    {
        private LimitRequest[] _limits = new LimitRequest[16];

        public VerifyKeyRequestReader Reader { get; } = new();

        public VerifyResult Result { get; } = new();

        public ReadOnlySpan<LimitRequest> ToEngine(ReadOnlySpan<VerifyKeyLimit> limits) => VerifyKeyBody.ToEngine(limits, ref _limits);
    }
}
