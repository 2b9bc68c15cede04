using System.Text;
using Unkey.Engine.Events;

namespace Unkey.Server.Events;

/// <summary>A rate-limit decision as the tables of contract and sinks have it. Immutable.</summary>
internal sealed record RatelimitEventRow
{
    private const double NsPerMs = 1e6;

    public required long TimeMs { get; init; }

    public required string RequestId { get; init; }

    public required string WorkspaceId { get; init; }

    public required string NamespaceId { get; init; }

    public required string Identifier { get; init; }

    public required bool Passed { get; init; }

    public required double LatencyMs { get; init; }

    public required string OverrideId { get; init; }

    public required long Limit { get; init; }

    public required long Remaining { get; init; }

    public required long ResetMs { get; init; }

    public required long Tokens { get; init; }

    /// <summary>Makes strings of an event.</summary>
    public static RatelimitEventRow Of(in RatelimitEvent item) => new()
    {
        TimeMs = item.TimeMs,
        RequestId = Encoding.UTF8.GetString(item.RequestId),
        WorkspaceId = Encoding.UTF8.GetString(item.WorkspaceId),
        NamespaceId = Encoding.UTF8.GetString(item.NamespaceId),
        Identifier = Encoding.UTF8.GetString(item.Identifier),
        Passed = item.Passed,
        LatencyMs = item.LatencyNs / NsPerMs,
        OverrideId = Encoding.UTF8.GetString(item.OverrideId),
        Limit = item.Limit,
        Remaining = item.Remaining,
        ResetMs = item.ResetMs,
        Tokens = item.Tokens,
    };
}
