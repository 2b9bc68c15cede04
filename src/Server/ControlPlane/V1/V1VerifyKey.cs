using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Microsoft.Extensions.ObjectPool;
using Unkey.Engine;
using Unkey.Engine.Registries;
using Unkey.Protocol;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Hot;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>keys.verifyKey</c> of v1 off the reactor: words the errors of requests that the hot path refused, counts the calls of limited
/// workspaces, and decides all others the same way. Asks for no credentials.</summary>
/// <remarks>Decides by the engine's own verifier, so the two paths cannot disagree. Holds the engine's writer lock while it decides, instead of
/// registering the pool's threads as readers.</remarks>
/// <param name="services">What all operations share.</param>
/// <param name="calls">Counts the calls of limited workspaces.</param>
internal sealed class V1VerifyKey(ControlPlaneServices services, ApiCallLimiter calls) : ColdEndpoint
{
    private static readonly ObjectPool<Scratch> s_scratch = ObjectPool.Create<Scratch>();
    private static readonly string s_triggeredField = Encoding.ASCII.GetString(V1Fields.RatelimitTriggered);
    private static readonly SchemaNode s_cost = SchemaNode.Open(SchemaProperty.Optional("cost", SchemaNode.Integer(0)));

    // The query is judged by its reader alone: a schema cannot describe something that contains itself.
    private static readonly SchemaNode s_body = SchemaNode.Open(
        SchemaProperty.Required("key", SchemaNode.Text(1)),
        SchemaProperty.Optional("apiId", SchemaNode.Text()),
        SchemaProperty.Optional("tags", SchemaNode.ListOf(SchemaNode.Text(1, 128), itemsMax: 10)),
        SchemaProperty.Optional("authorization", SchemaNode.Open()),
        SchemaProperty.Optional("remaining", s_cost),
        SchemaProperty.Optional("ratelimit", s_cost),
        SchemaProperty.Optional(
            "ratelimits",
            SchemaNode.ListOf(
                SchemaNode.Open(
                    SchemaProperty.Required("name", SchemaNode.Text(1)),
                    SchemaProperty.Optional("cost", SchemaNode.Integer(0)),
                    SchemaProperty.Optional("limit", SchemaNode.Integer(0)),
                    SchemaProperty.Optional("duration", SchemaNode.Integer(0))),
                itemsMax: V1VerifyKeyRequestReader.LimitsMax)));

    /// <inheritdoc/>
    public override string Path => "/v1/keys.verifyKey";

    /// <inheritdoc/>
    public override Task<ColdResponse> HandleAsync(ColdRequest request)
    {
        try
        {
            return Task.FromResult(Handle(request));
        }
        catch (Exception exception)
        {
            // The one catch for bugs: it costs this request a 500 and tells the client nothing of the cause.
            ControlPlaneLog.Fault(services.Logger, Path, request.RequestId, exception);
            return Task.FromResult(V1Envelope.Error(request, ApiError.Unexpected));
        }
    }

    private ColdResponse Handle(ColdRequest request)
    {
        if (!JsonBody.TryParse(request.Body, out JsonDocument? document, out string? problem))
        {
            return V1Envelope.Error(request, V1Dialect.Malformed(problem));
        }

        using (document)
        {
            SchemaReport report = SchemaValidator.Validate(s_body, document.RootElement);
            if (report.Violations.Count > 0 || report.HasUnbindableInteger)
            {
                return V1Envelope.Error(request, V1Dialect.Invalid(report.Violations));
            }
        }

        Scratch scratch = s_scratch.Get();
        try
        {
            return Decide(request, scratch);
        }
        finally
        {
            s_scratch.Return(scratch);
        }
    }

    private ColdResponse Decide(ColdRequest request, Scratch scratch)
    {
        if (!scratch.Reader.TryRead(request.Body.Span, out VerifyKeyRequest asked))
        {
            // The schema has admitted everything but the query.
            return V1Envelope.Error(request, new ApiError(
                ErrorCode.InvalidInput,
                "authorization.permissions: must be the name of a permission, {\"and\":[…]} or {\"or\":[…]} with at least one member, 64 KiB at most"));
        }

        EngineState engine = services.Engine;
        lock (engine.WriterLock)
        {
            VerifyInput input = new()
            {
                Access = VerifyAccess.Anonymous,
                ApiId = asked.ApiId,
                Permissions = asked.Permissions,
                Cost = asked.HasCost ? asked.Cost : -1,
                AppliedCost = asked.AppliedCost,
                Limits = scratch.ToEngine(asked.Limits),
                LimitNames = asked.LimitNames,
                CallerIp = Encoding.UTF8.GetBytes(request.PeerAddress),
                NowMs = services.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            };
            input.SetKey(asked.Key);
            Verifier verifier = new(engine);
            VerifyOutcome outcome = verifier.Verify(in input, scratch.Result);
            ApiCallWindow.Count? count = null;
            if (outcome == VerifyOutcome.NotCounted)
            {
                count = Count(engine, scratch.Result, input.NowMs);
                input.Access = VerifyAccess.AnonymousCounted;
                outcome = count.Value.IsAdmitted ? verifier.Verify(in input, scratch.Result) : outcome;
            }

            services.Events.Verified(request, engine, in asked, in input, outcome, scratch.Result);
            ColdResponse response = outcome switch
            {
                VerifyOutcome.NotCounted => V1Envelope.Error(request, ApiError.TooManyCalls),
                VerifyOutcome.WorkspaceDisabled => V1Envelope.Error(request, new ApiError(ErrorCode.WorkspaceDisabled, "workspace is disabled")),
                VerifyOutcome.UnknownLimit => V1Envelope.Error(
                    request, new ApiError(ErrorCode.InvalidInput, UnknownLimit(scratch.Result, asked.LimitName(scratch.Result.UnknownLimitIndex)))),
                _ => V1Envelope.Whole(request, Render(request.RequestId, outcome, in input, scratch.Result)),
            };
            return count is { } counted ? response with { Fields = [.. response.Fields, .. counted.Fields()] } : response;
        }
    }

    private ApiCallWindow.Count Count(EngineState engine, VerifyResult result, long nowMs)
    {
        Workspace workspace = engine.Workspaces.Find(result.Record.WorkspaceIndex)!;
        return calls.Take(workspace.Id, workspace.ApiLimit!.Value, nowMs);
    }

    private static ColdResponse Render(string requestId, VerifyOutcome outcome, in VerifyInput input, VerifyResult result)
    {
        byte[] buffer = new byte[V1VerifyKeyBody.BytesMax(result)];
        ResponseWriter writer = new(buffer);
        V1VerifyKeyBody.Write(ref writer, Encoding.ASCII.GetBytes(requestId), outcome, in input, result);
        ReadOnlySpan<byte> triggered = V1VerifyKeyBody.TriggeredLimit(outcome, in input, result);
        KeyValuePair<string, string>[] fields = triggered.IsEmpty ? [] : [new(s_triggeredField, Encoding.ASCII.GetString(triggered))];
        return new ColdResponse(200, ColdResponse.Json, buffer.AsMemory(0, writer.Written)) { Fields = fields };
    }

    private static string UnknownLimit(VerifyResult result, ReadOnlySpan<byte> name)
    {
        string text = $"ratelimit \"{Encoding.UTF8.GetString(name)}\" was requested but does not exist for key \"{Encoding.UTF8.GetString(result.Record.KeyId)}\"";
        return result.Identity.IsNull
            ? text + " and there is no identity connected"
            : $"{text} nor identity {{ id: {Encoding.UTF8.GetString(result.Identity.Id)}, externalId: {Encoding.UTF8.GetString(result.Identity.ExternalId)}}}";
    }

    /// <summary>What one decision needs and the next can use again.</summary>
    private sealed class Scratch
    {
        private LimitRequest[] _limits = new LimitRequest[16];

        public V1VerifyKeyRequestReader Reader { get; } = new();

        public VerifyResult Result { get; } = new();

        public ReadOnlySpan<LimitRequest> ToEngine(ReadOnlySpan<VerifyKeyLimit> limits) => VerifyKeyBody.ToEngine(limits, ref _limits);
    }
}
