using System;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;

namespace Unkey.Server.ControlPlane;

/// <summary>The steps that every call takes before and after its handler, in the order that decides which error wins. Any thread.</summary>
/// <param name="services">What all operations share.</param>
/// <param name="calls">Counts the calls of limited workspaces; one for all versions of the API.</param>
/// <param name="dialect">How this version of the API speaks.</param>
internal sealed class RequestPipeline(ControlPlaneServices services, ApiCallLimiter calls, ApiDialect dialect)
{
    /// <summary>Takes one request through all steps. Never throws.</summary>
    public async Task<ColdResponse> RunAsync(Operation operation, ColdRequest request)
    {
        OperationResult result;
        Progress progress = new();
        try
        {
            result = await HandleAsync(operation, request, progress).ConfigureAwait(false);
        }
        catch (StoreException exception)
        {
            result = new ApiError(ErrorCode.ServiceUnavailable, exception.PublicDetail);
        }
        catch (OperationCanceledException) when (request.Aborted.IsCancellationRequested)
        {
            result = new ApiError(ErrorCode.ClientClosedRequest, "The client closed the request.");
        }
        catch (Exception exception)
        {
            // The one catch for bugs: it costs this request a 500 and tells the client nothing of the cause.
            ControlPlaneLog.Fault(services.Logger, operation.Path, request.RequestId, exception);
            result = ApiError.Unexpected;
        }

        ColdResponse response = dialect.Render(request, result, progress.Caller) with { Caller = progress.Caller };
        return progress.Count is { Limit: > 0 } count ? response with { Fields = [.. response.Fields, .. count.Fields()] } : response;
    }

    private async ValueTask<OperationResult> HandleAsync(Operation operation, ColdRequest request, Progress progress)
    {
        if (dialect.Check(request) is { } refused)
        {
            return refused;
        }

        if (!JsonBody.TryParse(dialect.BodyOf(operation, request), out JsonDocument? document, out string? problem))
        {
            return dialect.NotJson(request, problem);
        }

        using (document)
        {
            SchemaReport report = SchemaValidator.Validate(operation.Body, document.RootElement);
            if (report.Violations.Count > 0 || report.HasUnbindableInteger)
            {
                // An integer that satisfies the schema but does not fit its field is refused without items.
                return dialect.NotValid(request, report.Violations);
            }

            long nowMs = services.Time.GetUtcNow().ToUnixTimeMilliseconds();
            if (!dialect.TryAuthenticate(services.Authenticator, request, nowMs, out RootCaller? caller, out ApiError? error))
            {
                if (error.Code.Status == ErrorCode.RootKeyNotFound.Status)
                {
                    services.Throttle.Failed(request.PeerAddress, nowMs);
                }

                return error;
            }

            progress.Caller = caller;
            if (caller.Workspace.ApiLimit is { } limit)
            {
                ApiCallWindow.Count count = calls.Take(caller.WorkspaceId, limit, nowMs);
                progress.Count = count;
                if (!count.IsAdmitted)
                {
                    return ApiError.TooManyCalls;
                }
            }

            OperationContext context = new(services, request, caller, nowMs) { IsRevocation = operation.Revokes(document.RootElement) };
            return await operation.RunAsync(context, document.RootElement).ConfigureAwait(false);
        }
    }

    /// <summary>What the steps have found out on the way, also when a later one fails.</summary>
    private sealed class Progress
    {
        public RootCaller? Caller { get; set; }

        public ApiCallWindow.Count? Count { get; set; }
    }
}
