using System.Threading.Tasks;

namespace Unkey.Server.ControlPlane;

/// <summary>One endpoint. Stateless and shared by all requests.</summary>
internal abstract class Operation
{
    /// <summary>Path of the endpoint, for example <c>/v2/apis.createApi</c>.</summary>
    public abstract string Path { get; }

    /// <summary>Answers a request for <see cref="Path"/>.</summary>
    public abstract Task<ColdResponse> HandleAsync(ColdRequest request);
}
