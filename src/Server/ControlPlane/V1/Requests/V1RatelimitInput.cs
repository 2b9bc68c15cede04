using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>The one rate limit that v1 knows of a key: stored as the limit named <c>default</c>, which applies by itself.</summary>
/// <param name="Limit">Tokens a duration.</param>
/// <param name="Duration">Milliseconds.</param>
/// <param name="RefillRate">Deprecated spelling of the limit.</param>
/// <param name="RefillInterval">Deprecated spelling of the duration.</param>
internal sealed record V1RatelimitInput(long? Limit, long? Duration, long? RefillRate, long? RefillInterval)
{
    /// <summary>Name under which it is stored.</summary>
    public const string Name = "default";

    /// <summary>What it must be. How it was counted (<c>async</c>, <c>type</c>) has no meaning here: every limit is exact and fast.</summary>
    public static SchemaNode Schema { get; } = SchemaNode.Open(
        SchemaProperty.Optional("async", SchemaNode.Boolean),
        SchemaProperty.Optional("type", SchemaNode.OneOf("fast", "consistent")),
        SchemaProperty.Optional("limit", SchemaNode.Integer(1)),
        SchemaProperty.Optional("duration", SchemaNode.Integer(1000)),
        SchemaProperty.Optional("refillRate", SchemaNode.Integer(1)),
        SchemaProperty.Optional("refillInterval", SchemaNode.Integer(1000)));

    /// <summary>What is missing, or <see langword="null"/>.</summary>
    public ApiError? Problem =>
        (Limit ?? RefillRate) is null ? new ApiError(ErrorCode.InvalidInput, "ratelimit.limit: is required")
        : (Duration ?? RefillInterval) is null ? new ApiError(ErrorCode.InvalidInput, "ratelimit.duration: is required")
        : null;

    /// <summary>The limit as it is stored; only without a <see cref="Problem"/>.</summary>
    public RatelimitInput ToInput() => new(Name, (Limit ?? RefillRate)!.Value, (Duration ?? RefillInterval)!.Value, AutoApply: true);
}
