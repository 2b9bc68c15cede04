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

    /// <summary>Creates the pipeline.</summary>
    public RequestPipeline(ControlPlaneServices services) => _services = services;

    /// <summary>Takes one request through all steps. Never throws.</summary>
    public async Task<ColdResponse> RunAsync(Operation operation, ColdRequest request)
    {
        OperationResult result;
        try
        {
            result = await HandleAsync(operation, request).ConfigureAwait(false);
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

        return result switch
        {
            { Rendered: { } rendered } => rendered,
            { Error: { } error } => Envelope.Error(request.RequestId, request.Accept, error),
            _ => Envelope.Success(request.RequestId, result.Data!, result.Page),
        };
    }

    private async ValueTask<OperationResult> HandleAsync(Operation operation, ColdRequest request)
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

            OperationContext context = new(_services, request, caller, nowMs);
            return await operation.RunAsync(context, document.RootElement).ConfigureAwait(false);
        }
    }
}
