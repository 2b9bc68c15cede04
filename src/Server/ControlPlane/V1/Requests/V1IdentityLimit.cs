using System;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>A rate limit of an identity in v1, where verifications have to ask for it.</summary>
/// <param name="Name">Name, unique on its owner.</param>
/// <param name="Limit">Tokens a duration; at least 1.</param>
/// <param name="Duration">Milliseconds; at least 1000.</param>
internal sealed record V1IdentityLimit(string Name, long Limit, long Duration)
{
    private const int LimitsMax = 50;

    /// <summary>What a list of them must be.</summary>
    public static SchemaNode ListSchema { get; } = SchemaNode.ListOf(
        SchemaNode.Open(
            SchemaProperty.Required("name", SchemaNode.Text(1, 255)),
            SchemaProperty.Required("limit", SchemaNode.Integer(1)),
            SchemaProperty.Required("duration", SchemaNode.Integer(1000))),
        itemsMax: LimitsMax);

    /// <summary>The limits as they are stored.</summary>
    public static RatelimitInput[]? Translated(V1IdentityLimit[]? limits) => limits is null
        ? null
        : Array.ConvertAll(limits, static limit => new RatelimitInput(limit.Name, limit.Limit, limit.Duration, AutoApply: false));
}
