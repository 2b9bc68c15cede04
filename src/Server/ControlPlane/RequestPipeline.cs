using System;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;

namespace Unkey.Server.ControlPlane;

/// <summary>The steps that every call takes before and after its handler, in the order that decides which error wins. Any thread.</summary>
internal sealed class RequestPipeline
{
    private readonly ControlPlaneServices _services;
    private readonly ApiCallLimiter _calls = new();

    /// <summary>Creates the pipeline.</summary>
    public RequestPipeline(ControlPlaneServices services) => _services = services;

    /// <summary>Takes one request through all steps. Never throws.</summary>
    public async Task<ColdResponse> RunAsync(Operation operation, ColdRequest request)
    {
        OperationResult result;
        ApiCallWindow.Count? count = null;
        try
        {
            result = await HandleAsync(operation, request, taken => count = taken).ConfigureAwait(false);
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
            ControlPlaneLog.Fault(_services.Logger, operation.Path, request.RequestId, exception);
            result = new ApiError(ErrorCode.UnexpectedError, "An unexpected error occurred while processing the request.") { IsPlainJson = true };
        }

        ColdResponse response = result switch
        {
            { Rendered: { } rendered } => rendered,
            { Error: { } error } => Envelope.Error(request.RequestId, request.Accept, error),
            _ => Envelope.Success(request.RequestId, result.Data, result.Page),
        };
        return count is { Limit: > 0 } ? response with { Fields = [.. response.Fields, .. count.Value.Fields()] } : response;
    }

    private async ValueTask<OperationResult> HandleAsync(Operation operation, ColdRequest request, Action<ApiCallWindow.Count> counted)
    {
        if (RequestChecks.Check(request) is { } refused)
        {
            return refused;
        }

        if (!JsonBody.TryParse(request.Body, out JsonDocument? document, out string? problem))
        {
            return RequestChecks.NotJson(request, problem);
        }

        using (document)
        {
            SchemaReport report = SchemaValidator.Validate(operation.Body, document.RootElement);
            if (report.Violations.Count > 0 || report.HasUnbindableInteger)
            {
                // An integer that satisfies the schema but does not fit its field is refused without items.
                return RequestChecks.NotValid(request, report.Violations);
            }

            long nowMs = _services.Time.GetUtcNow().ToUnixTimeMilliseconds();
            if (!_services.Authenticator.TryAuthenticate(request.Authorization!, nowMs, out RootCaller? caller, out ApiError? error))
            {
                return error;
            }

            if (caller.Workspace.ApiLimit is { } limit)
            {
                ApiCallWindow.Count count = _calls.Take(caller.WorkspaceId, limit, nowMs);
                counted(count);
                if (!count.IsAdmitted)
                {
                    return new ApiError(ErrorCode.WorkspaceRateLimited, "This workspace has made all the API calls that it may make in a minute.");
                }
            }

            OperationContext context = new(_services, request, caller, nowMs);
            return await operation.RunAsync(context, document.RootElement).ConfigureAwait(false);
        }
    }
}
