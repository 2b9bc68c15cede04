using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>GET /v1/liveness</c>: that the server answers, and the names of the parts that do what v1's services did. Asks for no credentials.</summary>
internal sealed class V1Liveness : ColdEndpoint
{
    /// <inheritdoc/>
    public override string Path => "/v1/liveness";

    /// <inheritdoc/>
    public override string Method => "GET";

    /// <inheritdoc/>
    public override Task<ColdResponse> HandleAsync(ColdRequest request) => Task.FromResult(V1Envelope.Success(request, new Data()));

    private sealed class Data : IResponseData
    {
        public void WriteTo(Utf8JsonWriter writer)
        {
            writer.WriteStartObject();
            writer.WriteString("status"u8, "we're cooking"u8);
            writer.WriteStartObject("services"u8);
            writer.WriteString("metrics"u8, "prometheus"u8);
            writer.WriteString("logger"u8, "stdout"u8);
            writer.WriteString("ratelimit"u8, "memory"u8);
            writer.WriteString("usagelimit"u8, "memory"u8);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
    }
}
