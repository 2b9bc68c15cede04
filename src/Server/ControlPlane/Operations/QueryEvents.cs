using System.Collections.Generic;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.Analytics;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Rows;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>analytics.getVerifications</c> and <c>analytics.getRatelimits</c>: a SELECT over the events of the caller's workspace.</summary>
/// <remarks>The permission comes first, before anything is said about a store or a query.</remarks>
internal sealed class QueryEvents : Operation<AnalyticsRequest>
{
    private const string Action = "read_analytics";

    private readonly Dataset _dataset;
    private readonly string _resource;

    private QueryEvents(string name, Dataset dataset, string resource, string what, string example)
        : base(
            $"/v2/analytics.{name}",
            SchemaNode.Open(SchemaProperty.Required(
                "query", SchemaNode.Text().Described("One SELECT in the dialect of ClickHouse, at most 16384 bytes, over the tables of docs/analytics.md."))),
            RequestJson.Default)
    {
        _dataset = dataset;
        _resource = resource;
        Description = new OperationDescription
        {
            Summary = $"Answers a query over {what} of the workspace.",
            Details = $"A root key with `{resource}.<id>.{Action}` sees what belongs to these ids alone. Events arrive about a second after the decision.",
            Permissions = [$"{resource}.*.{Action}"],
            Example = example,
            Data = AnalyticsRows.Schema,
            Refusals =
            [
                ErrorCode.InvalidAnalyticsQuery,
                ErrorCode.InvalidAnalyticsTable,
                ErrorCode.InvalidAnalyticsFunction,
                ErrorCode.InvalidAnalyticsQueryType,
                ErrorCode.QueryRangeExceedsRetention,
                ErrorCode.AnalyticsNotConfigured,
                ErrorCode.QueryExecutionTimeout,
                ErrorCode.QueryMemoryLimitExceeded,
                ErrorCode.QueryRowsLimitExceeded,
                ErrorCode.QueryQuotaExceeded,
                ErrorCode.AnalyticsConnectionFailed,
            ],
        };
    }

    /// <inheritdoc/>
    public override OperationDescription Description { get; }

    /// <summary><c>analytics.getVerifications</c>.</summary>
    public static QueryEvents Verifications() => new(
        "getVerifications",
        Dataset.Verifications,
        "api",
        "key verifications",
        """{"query":"SELECT outcome, SUM(count) AS total FROM key_verifications_per_day_v1 WHERE time >= now() - INTERVAL 7 DAY GROUP BY outcome"}""");

    /// <summary><c>analytics.getRatelimits</c>.</summary>
    public static QueryEvents Ratelimits() => new(
        "getRatelimits",
        Dataset.Ratelimits,
        "ratelimit",
        "rate-limit decisions",
        """{"query":"SELECT identifier, SUM(total) AS requests FROM ratelimits_per_hour_v1 GROUP BY identifier ORDER BY requests DESC LIMIT 10"}""");

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, AnalyticsRequest request)
    {
        PermissionExpression all = PermissionExpression.Leaf($"{_resource}.*.{Action}");
        List<string>? ids = context.Caller.May(all) ? null : GrantedIds(context.Caller);
        if (ids is { Count: 0 })
        {
            return context.Deny(all)!;
        }

        try
        {
            AnalyticsScope scope = new(context.Caller.WorkspaceId, await ScopeAsync(context, ids).ConfigureAwait(false));
            return OperationResult.Success(
                await context.Services.Analytics.RunAsync(request.Query, _dataset, scope, context.Request.Aborted).ConfigureAwait(false));
        }
        catch (AnalyticsException exception)
        {
            return new ApiError(exception.Code, exception.Message);
        }
    }

    // Events of verifications know the keyspace of an API, and those of rate limits their namespace itself, deleted or not.
    private async ValueTask<IReadOnlyList<string>?> ScopeAsync(OperationContext context, List<string>? ids) =>
        ids is null || _dataset != Dataset.Verifications
            ? ids
            : await context.Services.Store.ReadAsync(session => Keyspaces(session, context.Caller.WorkspaceId, ids), context.Request.Aborted).ConfigureAwait(false);

    private static List<string> Keyspaces(StoreSession session, string workspaceId, List<string> apiIds)
    {
        List<string> keyspaces = [];
        foreach (string id in apiIds)
        {
            if (session.FindApi(id) is { KeyspaceId: { } keyspaceId } api && api.WorkspaceId == workspaceId)
            {
                keyspaces.Add(keyspaceId);
            }
        }

        return keyspaces;
    }

    private List<string> GrantedIds(RootCaller caller)
    {
        List<string> ids = [];
        foreach (string permission in caller.Permissions)
        {
            if (permission.Split('.') is [var type, { Length: > 0 } id, Action] && type == _resource && id != "*")
            {
                ids.Add(id);
            }
        }

        return ids;
    }
}
