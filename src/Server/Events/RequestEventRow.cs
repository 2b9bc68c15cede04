using System.Text;
using Unkey.Engine.Events;

namespace Unkey.Server.Events;

/// <summary>An answered request as the tables of contract and sinks have it. Immutable.</summary>
internal sealed record RequestEventRow
{
    private const double NsPerMs = 1e6;

    public required long TimeMs { get; init; }

    public required string RequestId { get; init; }

    public required string WorkspaceId { get; init; }

    public required string RootKeyId { get; init; }

    public required string Host { get; init; }

    public required string Method { get; init; }

    public required string Path { get; init; }

    public required int Status { get; init; }

    public required string Error { get; init; }

    public required double LatencyMs { get; init; }

    public required string UserAgent { get; init; }

    public required string Address { get; init; }

    /// <summary>Makes strings of an event.</summary>
    public static RequestEventRow Of(in RequestEvent item) => new()
    {
        TimeMs = item.TimeMs,
        RequestId = Encoding.UTF8.GetString(item.RequestId),
        WorkspaceId = Encoding.UTF8.GetString(item.WorkspaceId),
        RootKeyId = Encoding.UTF8.GetString(item.RootKeyId),
        Host = Encoding.UTF8.GetString(item.Host),
        Method = Encoding.UTF8.GetString(item.Method),
        Path = Encoding.UTF8.GetString(item.Path),
        Status = (int)item.Status,
        Error = Encoding.UTF8.GetString(item.Error),
        LatencyMs = item.LatencyNs / NsPerMs,
        UserAgent = Encoding.UTF8.GetString(item.UserAgent),
        Address = Encoding.UTF8.GetString(item.Address),
    };
}
