using System;
using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>A flat object of texts, such as the ids that creations answer with. Immutable.</summary>
/// <param name="fields">Names and values in order.</param>
internal sealed class FieldsData(params (string Name, string Value)[] fields) : IResponseData
{
    /// <summary>Describes such an object.</summary>
    /// <param name="members">Names and meanings in order; each is an id or a secret, so none is empty.</param>
    public static SchemaNode Schema(params (string Name, string Description)[] members) => SchemaNode.Closed(
        Array.ConvertAll(members, static member => SchemaProperty.Required(member.Name, SchemaNode.Text(1).Described(member.Description))));

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach ((string name, string value) in fields)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
    }
}
