using System.Threading.Tasks;

namespace Unkey.Server.ControlPlane;

/// <summary>Something that answers the requests of one path off the reactor. Shared by all requests, any thread.</summary>
internal abstract class ColdEndpoint
{
    /// <summary>Path of the endpoint, for example <c>/v2/apis.createApi</c>.</summary>
    public abstract string Path { get; }

    /// <summary>The only method that the endpoint takes.</summary>
    public virtual string Method => "POST";

    /// <summary>Answers one request. Neither throws nor faults the task.</summary>
    public abstract Task<ColdResponse> HandleAsync(ColdRequest request);
}
