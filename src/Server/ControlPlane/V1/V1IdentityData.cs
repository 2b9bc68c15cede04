using System.Collections.Generic;
using System.Text.Json;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>An identity as v1 shows it. Immutable.</summary>
/// <param name="Identity">The stored identity.</param>
/// <param name="Limits">Its limits.</param>
/// <param name="HasMeta">Whether metadata is shown, which lists do not.</param>
internal sealed record V1IdentityData(IdentityRow Identity, IReadOnlyList<RatelimitRow> Limits, bool HasMeta) : IResponseData
{
    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (HasMeta)
        {
            V1Members.WriteIdentityMembers(writer, Identity);
        }
        else
        {
            writer.WriteString("id"u8, Identity.Id);
            writer.WriteString("externalId"u8, Identity.ExternalId);
        }

        writer.WriteStartArray("ratelimits"u8);
        foreach (RatelimitRow limit in Limits)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, limit.Name);
            writer.WriteNumber("limit"u8, limit.Limit);
            writer.WriteNumber("duration"u8, limit.DurationMs);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
