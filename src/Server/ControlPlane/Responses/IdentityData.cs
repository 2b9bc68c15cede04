using System.Collections.Generic;
using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>An identity as the API shows it. Immutable.</summary>
/// <param name="Identity">The stored identity.</param>
/// <param name="Limits">Its limits.</param>
internal sealed record IdentityData(IdentityRow Identity, IReadOnlyList<RatelimitRow> Limits) : IResponseData
{
    /// <summary>What <see cref="WriteTo"/> writes.</summary>
    public static SchemaNode Schema { get; } = SchemaNode.Closed(
        SchemaProperty.Required("id", ResponseSchemas.Id("Id of the identity.")),
        SchemaProperty.Required("externalId", SchemaNode.Text(1).Described("Your own id of the user or tenant.")),
        SchemaProperty.Optional("meta", ResponseSchemas.Meta),
        SchemaProperty.Optional("ratelimits", ResponseSchemas.Ratelimits))
        .Described("The user or tenant behind keys.")
        .Named("Identity");

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, Identity.Id);
        writer.WriteString("externalId"u8, Identity.ExternalId);
        RatelimitData.WriteMeta(writer, Identity.Meta);
        RatelimitData.WriteMember(writer, Limits);
        writer.WriteEndObject();
    }
}
