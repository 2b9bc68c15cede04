using System.Threading.Tasks;

namespace Unkey.Server.ControlPlane;

/// <summary>An operation behind the steps that every call takes.</summary>
/// <param name="operation">What the endpoint does.</param>
/// <param name="pipeline">The steps before and after it.</param>
internal sealed class OperationEndpoint(Operation operation, RequestPipeline pipeline) : ColdEndpoint
{
    /// <inheritdoc/>
    public override string Path => operation.Path;

    /// <inheritdoc/>
    public override string Method => operation.Method;

    /// <inheritdoc/>
    public override Task<ColdResponse> HandleAsync(ColdRequest request) => pipeline.RunAsync(operation, request);
}
